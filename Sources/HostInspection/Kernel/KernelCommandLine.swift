/// What the kernel was started with: /proc/cmdline (Documentation/admin-guide/kernel-parameters.rst).
public struct KernelCommandLine: Equatable, Sendable {
    public struct Argument: Equatable, Sendable {
        public var name: String
        /// Nil for a word without `=`.
        public var value: String?
    }

    public let text: String
    /// In their order, up to `--`, behind which they are init's.
    public let arguments: [Argument]

    public init(_ text: String) {
        self.text = text
        arguments = Self.words(text).prefix { $0 != "--" }.map { word in
            guard let equals = word.firstIndex(of: "=") else { return Argument(name: word) }
            return Argument(name: String(word[..<equals]), value: String(word[word.index(after: equals)...]))
        }
    }

    /// Nil when the tree does not hold it.
    public init?(_ root: HostRoot) {
        guard let text = root.text("/proc/cmdline") else { return nil }
        self.init(text)
    }

    /// The last value of a parameter, whole.
    public func value(of name: String) -> String? { named(name).compactMap(\.value).last }

    /// All values of a parameter, in their order; a list such as `on,sm_on` is taken apart.
    public func values(of name: String) -> [Substring] {
        named(name).flatMap { ($0.value ?? "").split(separator: ",") }
    }

    public func has(_ name: String) -> Bool { !named(name).isEmpty }

    /// Dashes and underscores in names are one to the kernel.
    private func named(_ name: String) -> [Argument] {
        let sought = Self.canonical(name)
        return arguments.filter { Self.canonical($0.name) == sought }
    }

    private static func canonical(_ name: String) -> String { String(name.map { $0 == "-" ? "_" : $0 }) }

    /// Words are separated by white space outside of double quotes, which are not part of them (lib/cmdline.c).
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isInWord = false
        var isQuoted = false
        for character in text {
            if character.isWhitespace && !isQuoted {
                if isInWord { words.append(word) }
                (word, isInWord) = ("", false)
                continue
            }
            isInWord = true
            if character == "\"" { isQuoted.toggle() } else { word.append(character) }
        }
        return isInWord ? words + [word] : words
    }
}
