/// The kernel's messages since it booted.
struct KernelLogText: Sendable {
    let lines: [Substring]
    /// The log reaches back to the first message: what it does not tell did not happen.
    let isComplete: Bool

    /// - Parameter text: of dmesg(1), or of a system log that may hold several boots; the last counts.
    init(_ text: String) {
        let all = text.split(separator: "\n")
        let start = all.lastIndex { $0.contains("Linux version ") }
        lines = Array(all[(start ?? 0)...])
        isComplete = start != nil
    }

    init?(_ root: HostRoot) {
        guard let text = root.text("/var/log/dmesg") ?? root.text("/var/log/kern.log", limit: 16 << 20) else {
            return nil
        }
        self.init(text)
    }

    func contains(_ part: String) -> Bool { lines.contains { $0.contains(part) } }
}
