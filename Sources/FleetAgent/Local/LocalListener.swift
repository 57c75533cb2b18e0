import FleetRuntime
import Glibc
import Synchronization

/// The socket for people at the host; its path is removed with the value.
final class LocalListener: Sendable {
    private let path: String
    private let descriptor: Int32
    private let wakeup = Wakeup()
    private let isClosed = Mutex(false)

    /// - Parameter path: every user may connect; who is answered is decided by who it is.
    init(path: String) throws(UnixSocketError) {
        self.path = path
        descriptor = try UnixSocket.listen(on: path, mode: 0o666)
    }

    deinit {
        Glibc.close(descriptor)
        unlink(path)
    }

    func close() {
        isClosed.withLock { $0 = true }
        wakeup.signal()
    }

    /// Blocks until somebody has come; nil once it is closed.
    func next() -> LineConnection? {
        while !isClosed.withLock(\.self) {
            let connection = accept(descriptor, nil, nil)
            if connection >= 0 {
                // accept4(2) is out of Swift's reach.
                _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
                _ = fcntl(connection, F_SETFL, O_NONBLOCK)
                return LineConnection(connection)
            }
            if errno == EAGAIN {
                _ = wakeup.wait(beside: descriptor, for: Int16(POLLIN), limit: .seconds(3600))
            } else if errno != EINTR && errno != ECONNABORTED {
                // No descriptor is free, for instance.
                _ = wakeup.wait(limit: .milliseconds(200))
            }
        }
        return nil
    }
}
