/// The options that the kernel was booted with (Documentation/admin-guide/kernel-parameters.rst).
public struct KernelCommandLine: Equatable, Sendable {
    /// As written, in their order; what stands behind `--` is for init.
    public let options: [String]

    public init(_ text: String) {
        var options: [String] = []
        var option = ""
        var isQuoted = false
        for character in text + " " {
            if character == "\"" { isQuoted.toggle() }
            guard character.isWhitespace, !isQuoted else {
                option.append(character)
                continue
            }
            if option == "--" { break }
            if !option.isEmpty { options.append(option) }
            option = ""
        }
        self.options = options
    }

    init?(_ root: HostRoot) {
        guard let text = root.text("/proc/cmdline") else { return nil }
        self.init(text)
    }

    /// The values of an option, in their order; a list such as `on,sm_on` is taken apart.
    public func values(of name: String) -> [Substring] {
        options.filter { $0.hasPrefix(name + "=") }.flatMap { $0.dropFirst(name.utf8.count + 1).split(separator: ",") }
    }

    /// Options without value count with an empty one.
    public func has(_ name: String) -> Bool { options.contains { $0 == name || $0.hasPrefix(name + "=") } }
}
