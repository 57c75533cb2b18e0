import FleetRuntime
import Glibc

/// The descriptor a child writes to, and what happens to what it wrote.
struct OutputSink {
    let writeEnd: Descriptor
    private let reader: (descriptor: Descriptor, handler: @Sendable (String) -> Void)?

    init(_ output: ChildProcess.Output, for program: String) throws(SubprocessError) {
        switch output {
        case .discard: (writeEnd, reader) = (try Self.open("/dev/null", for: program), nil)
        case .file(let file): (writeEnd, reader) = (try Self.open(file, for: program), nil)
        case .lines(let handler):
            let pipe = try Descriptor.pipe(for: program)
            (writeEnd, reader) = (pipe.write, (pipe.read, handler))
        }
    }

    private static func open(_ path: String, for program: String) throws(SubprocessError) -> Descriptor {
        let number = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw .cannotStart(program, operation: "open \(path)", errno: errno) }
        return Descriptor(number)
    }

    /// Longer lines are handed on in pieces.
    private static let lineLimit = 64 << 10

    /// Reads until every writer has closed its end.
    func startReading() {
        guard let (descriptor, handler) = reader else { return }
        NamedThread.start("vf-read-child") {
            var pending: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(descriptor.number, &buffer, buffer.count)
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
