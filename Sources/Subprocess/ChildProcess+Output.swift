import FleetRuntime
import Glibc

/// The descriptor a child writes to, and what happens to what it wrote.
struct OutputSink {
    let writeEnd: Int32
    private let reader: (descriptor: Int32, handler: @Sendable (String) -> Void)?

    init(_ output: ChildProcess.Output, for path: String) throws(SpawnError) {
        switch output {
        case .discard:
            writeEnd = open("/dev/null", O_WRONLY | O_CLOEXEC)
            reader = nil
        case .file(let file):
            writeEnd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            reader = nil
        case .lines(let handler):
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw SpawnError(path: path, code: errno) }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            writeEnd = ends[1]
            reader = (ends[0], handler)
        }
        guard writeEnd >= 0 else { throw SpawnError(path: path, code: errno) }
    }

    func closeWriteEnd() { close(writeEnd) }

    /// Longer lines are handed on in pieces.
    private static let lineLimit = 64 << 10

    /// Reads until every writer has closed its end.
    func startReading() {
        guard let (descriptor, handler) = reader else { return }
        NamedThread.start("vf-read-child") {
            defer { close(descriptor) }
            var pending: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                pending += buffer[..<count]
                while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                    handler(String(decoding: pending[..<end], as: UTF8.self))
                    pending.removeSubrange(...end)
                }
                if pending.count >= Self.lineLimit {
                    handler(String(decoding: pending, as: UTF8.self))
                    pending.removeAll()
                }
            }
            if !pending.isEmpty { handler(String(decoding: pending, as: UTF8.self)) }
        }
    }
}

/// A NULL-terminated array of C strings, freed with the value.
final class CStrings {
    let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ strings: [String]) {
        count = strings.count
        pointers = .allocate(capacity: count + 1)
        for (index, string) in strings.enumerated() { (pointers + index).initialize(to: strdup(string)) }
        (pointers + count).initialize(to: nil)
    }

    deinit {
        for index in 0..<count { free(pointers[index]) }
        pointers.deallocate()
    }
}
