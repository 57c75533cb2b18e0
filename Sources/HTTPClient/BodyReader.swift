import Glibc

/// The body of a request, read from memory or from a part of a file.
final class BodyReader {
    let length: UInt64
    private let operation: String
    private let source: Source
    private var position: UInt64 = 0

    private enum Source {
        case bytes([UInt8])
        case file(descriptor: Int32, path: String, offset: UInt64)
    }

    /// nil for a request that has no body; an empty one for a method that ought to have one (RFC 9110, 8.6).
    init?(_ request: HTTPRequest) throws(HTTPError) {
        operation = request.summary
        switch request.body {
        case .none where request.method == .get || request.method == .delete: return nil
        case .none:
            source = .bytes([])
            length = 0
        case .bytes(let bytes):
            source = .bytes(bytes)
            length = UInt64(bytes.count)
        case .file(let path, let offset, let length):
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw HTTPError(.unreadableBody, operation, "\(path): \(lastError())") }
            source = .file(descriptor: descriptor, path: path, offset: offset)
            self.length = length
        }
    }

    deinit { if case .file(let descriptor, _, _) = source { close(descriptor) } }

    func seek(to offset: UInt64) -> Bool {
        guard offset <= length else { return false }
        position = offset
        return true
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(HTTPError) -> Int {
        let wanted = Int(min(UInt64(buffer.count), length - position))
        guard wanted > 0 else { return 0 }
        switch source {
        case .bytes(let bytes):
            let start = Int(position)
            buffer.copyBytes(from: bytes[start..<start + wanted])
            position += UInt64(wanted)
            return wanted
        case .file(let descriptor, let path, let offset):
            let count = pread(descriptor, buffer.baseAddress, wanted, off_t(clamping: offset + position))
            guard count > 0 else {
                let reason = count == 0 ? "ends before byte \(offset + length); it was changed meanwhile" : lastError()
                throw HTTPError(.unreadableBody, operation, "\(path): \(reason)")
            }
            position += UInt64(count)
            return count
        }
    }
}

private func lastError() -> String { String(cString: strerror(errno)) }
