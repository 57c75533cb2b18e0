/// The options that the running kernel was built with: `CONFIG_` and its name.
public struct KernelConfiguration: Equatable, Sendable {
    private let values: [Substring: Substring]

    /// - Parameter text: lines such as `CONFIG_INTEL_IOMMU=y` and `# CONFIG_INTEL_IOMMU_SVM is not set`.
    public init(_ text: String) {
        var values: [Substring: Substring] = [:]
        for line in text.split(separator: "\n") {
            if line.hasPrefix("CONFIG_"), let equals = line.firstIndex(of: "=") {
                values[line[..<equals].dropFirst(7)] = line[line.index(after: equals)...]
            } else if line.hasPrefix("# CONFIG_"), line.hasSuffix(" is not set") {
                values[line.dropFirst(9).dropLast(11)] = "n"
            }
        }
        self.values = values
    }

    /// The file that distributions install beside the kernel; nil when there is none.
    init?(_ root: HostRoot) {
        guard let release = root.text("/proc/sys/kernel/osrelease") else { return nil }
        let paths = ["/boot/config-\(release)", "/lib/modules/\(release)/config", "/usr/lib/modules/\(release)/config"]
        guard let text = paths.lazy.compactMap({ root.text($0) }).first else { return nil }
        self.init(text)
    }

    /// `y`, `m`, a number or a string; `n` when it is said to be unset, nil when it is not named.
    public func value(of name: String) -> String? { values[name[...]].map(String.init) }

    public func isOn(_ name: String) -> Bool { values[name[...]] == "y" || values[name[...]] == "m" }
}
