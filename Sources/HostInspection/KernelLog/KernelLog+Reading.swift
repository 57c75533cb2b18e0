import Glibc

extension KernelLog {
    /// Where a tree may hold a captured log, the surest first. The last two hold the words of other programs, too.
    private static let captures = [
        "/dev/kmsg", "/var/log/dmesg", "/var/log/kern.log", "/var/log/messages", "/var/log/syslog",
    ]
    /// A log file may hold months; the newest boot is at its end.
    private static let capturedBytes = 8 << 20

    /// Reads the log that belongs to a tree.
    public init(of root: HostRoot) {
        self.init(messages: root.isLive ? Self.ringBuffer(root) : Self.captured(root))
    }

    init(of root: HostRoot, limitations: inout [Inspection.Limitation]) {
        self.init(of: root)
        guard messages.isEmpty else { return }
        let needs =
            root.isLive ? "run as root, or set kernel.dmesg_restrict=0" : "a captured log: dmesg > DIR/var/log/dmesg"
        limitations.append(.init(fact: "kernel log", needs: needs))
    }

    /// Documentation/ABI/testing/dev-kmsg: each read gives one record; EAGAIN ends, EPIPE tells that some were lost.
    private static func ringBuffer(_ root: HostRoot) -> [Message] {
        root.withFile("/dev/kmsg", O_RDONLY | O_NONBLOCK) { descriptor -> [Message]? in
            var messages: [Message] = []
            var record = [UInt8](repeating: 0, count: 8192)
            while messages.count < longest {
                let count = read(descriptor, &record, record.count)
                if count < 0, errno == EPIPE || errno == EINTR { continue }
                guard count > 0 else { break }
                let line = String(decoding: record.prefix(count).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
                if let message = KernelLogLine(line).record { messages.append(message) }
            }
            return messages
        } ?? []
    }

    private static func captured(_ root: HostRoot) -> [Message] {
        for path in captures {
            guard let bytes = root.lastLines(path, limit: capturedBytes) else { continue }
            let mayBePlain = path == "/var/log/dmesg"
            let messages = bytes.split(separator: UInt8(ascii: "\n")).compactMap { bytes in
                KernelLogLine(String(decoding: bytes, as: UTF8.self)).message(mayBePlain: mayBePlain)
            }
            if !messages.isEmpty { return Array(newestBoot(messages).prefix(longest)) }
        }
        return []
    }

    /// The kernel's first words are its version.
    private static func newestBoot(_ messages: [Message]) -> ArraySlice<Message> {
        messages[(messages.lastIndex { $0.text.hasPrefix("Linux version ") } ?? 0)...]
    }
}
