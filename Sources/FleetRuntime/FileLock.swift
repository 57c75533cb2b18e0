import Glibc

/// Makes one process the owner of a directory. The kernel lets go when the value, or the process, ends, however.
public final class FileLock: Sendable {
    private let descriptor: Int32

    /// - Parameter path: a file that is made when it is missing, and stays.
    /// - Throws: with `isHeldElsewhere` while another process has the lock.
    public convenience init(_ path: String) throws(FileError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError("make", path) }
        try self.init(descriptor, path, LOCK_EX)
    }

    /// The directory itself, which nothing is added to.
    /// - Parameter shared: with all others who want it so.
    public convenience init(directory path: String, shared: Bool) throws(FileError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        try self.init(descriptor, path, shared ? LOCK_SH : LOCK_EX)
    }

    private init(_ descriptor: Int32, _ path: String, _ kind: Int32) throws(FileError) {
        guard flock(descriptor, kind | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            throw FileError("lock", path, code: code)
        }
        self.descriptor = descriptor
    }

    /// Let go in so many words: a child that was forked and has not run its program yet has the descriptor too (flock(2)).
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}

extension FileError {
    /// Another process holds the lock.
    public var isHeldElsewhere: Bool { code == EWOULDBLOCK }
}
