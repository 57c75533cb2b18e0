/// What a tree tells of the kernel that runs, read once for all who judge by it.
struct RunningKernel: Sendable {
    /// The release as a whole: `6.1.0-18-amd64`.
    let release: String?
    let commandLine: KernelCommandLine?
    let configuration: KernelConfiguration?

    init(_ root: HostRoot) {
        release = Self.release(root)
        commandLine = KernelCommandLine(root)
        configuration = KernelConfiguration(root, release: release)
    }

    var version: KernelRelease? { release.flatMap { KernelRelease($0) } }

    static func release(_ root: HostRoot) -> String? {
        if let release = root.text("/proc/sys/kernel/osrelease"), !release.isEmpty { return release }
        // `Linux version 6.1.0-22-amd64 (...) ...`
        let words = (root.text("/proc/version") ?? "").split(separator: " ")
        guard words.count > 2, words[0] == "Linux", words[1] == "version" else { return nil }
        return String(words[2])
    }
}
