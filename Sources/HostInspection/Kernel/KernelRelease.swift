/// The version at the beginning of a kernel's release: 6.1 of `6.1.0-18-amd64`.
public struct KernelRelease: Comparable, Sendable, CustomStringConvertible {
    public let major: Int
    public let minor: Int

    public init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
    }

    public init?(_ text: String) {
        let numbers = text.split(separator: ".", maxSplits: 2)
        guard numbers.count >= 2, let major = Int(numbers[0]), let minor = Int(numbers[1].prefix { $0.isNumber }) else {
            return nil
        }
        self.init(major, minor)
    }

    public var description: String { "\(major).\(minor)" }

    public static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }
}

extension KernelRelease {
    /// The release of the kernel that runs, as a whole: `6.1.0-18-amd64`.
    static func running(_ root: HostRoot) -> String? {
        if let release = root.text("/proc/sys/kernel/osrelease"), !release.isEmpty { return release }
        // `Linux version 6.1.0-22-amd64 (...) ...`
        let words = (root.text("/proc/version") ?? "").split(separator: " ")
        guard words.count > 2, words[0] == "Linux", words[1] == "version" else { return nil }
        return String(words[2])
    }
}
