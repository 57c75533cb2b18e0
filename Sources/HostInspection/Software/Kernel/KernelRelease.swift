/// Which kernel runs.
enum KernelRelease {
    static func running(_ root: HostRoot) -> String? {
        if let release = root.text("/proc/sys/kernel/osrelease"), !release.isEmpty { return release }
        // `Linux version 6.1.0-22-amd64 (...) ...`
        let words = (root.text("/proc/version") ?? "").split(separator: " ")
        guard words.count > 2, words[0] == "Linux", words[1] == "version" else { return nil }
        return String(words[2])
    }
}
