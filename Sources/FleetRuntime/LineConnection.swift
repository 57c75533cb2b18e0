import Glibc

/// A socket on which lines go to and fro, each within a limit of time and size; closed with the value. Its calls block.
public final class LineConnection: Sendable {
    private let descriptor: Int32

    /// - Parameter descriptor: that does not block; becomes the connection's own.
    public init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// The user on the other end; nil where the kernel does not tell.
    public var user: uid_t? { UnixSocket.peer(of: descriptor) }

    /// Whoever waits in a call gets an error at once.
    public func interrupt() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// - Returns: the line, without its end.
    public func readLine(atMost limit: Int, within time: Duration) throws(LineError) -> [UInt8] {
        let deadline = ContinuousClock.now + time
        var line: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 {
                let end = buffer[..<count].firstIndex(of: UInt8(ascii: "\n"))
                line += buffer[..<(end ?? count)]
                guard line.count <= limit else { throw .tooLong(limit: limit) }
                if end != nil { return line }
            } else if count == 0 {
                throw .closed
            } else {
                try wait(for: POLLIN, until: deadline)
            }
        }
    }

    public func writeLine(_ line: [UInt8], within time: Duration) throws(LineError) {
        let deadline = ContinuousClock.now + time
        var rest = (line + [UInt8(ascii: "\n")])[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else {
                try wait(for: POLLOUT, until: deadline)
            }
        }
    }

    /// After a call that could do nothing.
    private func wait(for interest: Int32, until deadline: ContinuousClock.Instant) throws(LineError) {
        guard errno == EAGAIN || errno == EINTR else { throw .closed }
        let left = ContinuousClock.now.duration(to: deadline).seconds
        guard left > 0 else { throw .tooLate }
        var state = pollfd(fd: descriptor, events: Int16(interest), revents: 0)
        _ = poll(&state, 1, Int32(clamping: Int((left * 1000).rounded(.up))))
    }
}

public enum LineError: Error, Equatable, Sendable, CustomStringConvertible {
    case tooLong(limit: Int)
    case tooLate
    case closed

    public var description: String {
        switch self {
        case .tooLong(let limit): "the line is longer than \(limit) bytes"
        case .tooLate: "no whole line came in time"
        case .closed: "the connection was closed before a whole line had come"
        }
    }
}
