import Glibc

/// Makes one process the owner of a directory. The kernel lets go when the value, or the process, ends, however.
public final class FileLock: Sendable {
    private let descriptor: Int32

    /// - Parameter path: a file that is made when it is missing, and stays.
    /// - Throws: with `isHeldElsewhere` while another process has the lock.
    public init(_ path: String) throws(FileError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError("make", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            throw FileError("lock", path, code: code)
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}

extension FileError {
    /// Another process holds the lock.
    public var isHeldElsewhere: Bool { code == EWOULDBLOCK }
}
