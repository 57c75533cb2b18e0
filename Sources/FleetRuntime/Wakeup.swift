import Glibc

/// Wakes a thread that waits for a socket. Closed with the last reference.
public final class Wakeup: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32

    public init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "cannot make a pipe: \(String(cString: strerror(errno)))")
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    public func signal() {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    /// Returns when the socket is ready, at a signal or after the limit.
    /// - Parameter socket: -1 for none.
    /// - Returns: what the socket is ready for, as poll(2) says it.
    public func wait(beside socket: Int32 = -1, for interest: Int16 = 0, limit: Duration) -> Int16 {
        var descriptors = [
            pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0), pollfd(fd: socket, events: interest, revents: 0),
        ]
        let milliseconds = Int32(clamping: Int64((limit.seconds * 1000).rounded(.up)))
        guard poll(&descriptors, 2, max(0, milliseconds)) > 0 else { return 0 }
        if descriptors[0].revents != 0 {
            var bytes = [UInt8](repeating: 0, count: 64)
            while read(readEnd, &bytes, bytes.count) == bytes.count {}
        }
        return descriptors[1].revents
    }
}
