import Glibc

/// Stream sockets that have a path (unix(7)).
public enum UnixSocket {
    /// Binds and listens, in place of a socket that a process which died has left.
    /// - Parameter mode: of the path; nobody can connect before it is so.
    /// - Returns: the caller's own; it does not block.
    public static func listen(on path: String, mode: mode_t) throws(UnixSocketError) -> Int32 {
        let operation = "listen on \(path)"
        var name = try name(path, operation)
        let descriptor = try open(operation)
        return try with(&name) { pointer, length throws(UnixSocketError) in
            if bind(descriptor, pointer, length) != 0 {
                guard errno == EADDRINUSE else { throw failure(operation, descriptor) }
                do throws(UnixSocketError) {
                    try removeStale(path, pointer, length, operation)
                } catch {
                    close(descriptor)
                    throw error
                }
                guard bind(descriptor, pointer, length) == 0 else { throw failure(operation, descriptor) }
            }
            guard chmod(path, mode) == 0, Glibc.listen(descriptor, SOMAXCONN) == 0 else {
                throw failure(operation, descriptor)
            }
            return descriptor
        }
    }

    /// - Returns: the caller's own; it does not block.
    public static func connect(to path: String) throws(UnixSocketError) -> Int32 {
        let operation = "connect to \(path)"
        var name = try name(path, operation)
        let descriptor = try open(operation)
        return try with(&name) { pointer, length throws(UnixSocketError) in
            guard Glibc.connect(descriptor, pointer, length) == 0 else { throw failure(operation, descriptor) }
            return descriptor
        }
    }

    /// The user on the other end of a connected socket (SO_PEERCRED of unix(7)); nil where the kernel does not tell.
    public static func peer(of descriptor: Int32) -> uid_t? {
        // struct ucred, which Swift does not see.
        var credentials: (pid: pid_t, uid: uid_t, gid: gid_t) = (0, 0, 0)
        var length = socklen_t(MemoryLayout.size(ofValue: credentials))
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
        return credentials.uid
    }

    /// A socket that nobody listens on is left from a process that died.
    private static func removeStale(
        _ path: String, _ name: UnsafePointer<sockaddr>, _ length: socklen_t, _ operation: String
    ) throws(UnixSocketError) {
        let probe = try open(operation)
        defer { close(probe) }
        var information = stat()
        let isSocket = lstat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFSOCK
        if !isSocket || Glibc.connect(probe, name, length) == 0 || errno != ECONNREFUSED {
            throw UnixSocketError(
                operation: operation,
                reason:
                    "the path is in use by another process, or is not a socket; stop that process or choose another path"
            )
        }
        unlink(path)
    }

    private static func name(_ path: String, _ operation: String) throws(UnixSocketError) -> sockaddr_un {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let room = MemoryLayout.size(ofValue: name.sun_path)
        guard path.utf8.count < room else {
            throw UnixSocketError(
                operation: operation, reason: "the path is longer than \(room - 1) bytes; choose a shorter one")
        }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path.utf8) }
        return name
    }

    private static func with<Result>(
        _ name: inout sockaddr_un,
        _ body: (UnsafePointer<sockaddr>, socklen_t) throws(UnixSocketError) -> Result
    ) throws(UnixSocketError) -> Result {
        try withUnsafePointer(to: &name) { pointer throws(UnixSocketError) in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer throws(UnixSocketError) in
                try body(pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func open(_ operation: String) throws(UnixSocketError) -> Int32 {
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(AF_UNIX, Int32(type), 0)
        guard descriptor >= 0 else { throw failure(operation, -1) }
        return descriptor
    }

    /// What errno(3) says; the descriptor is closed.
    private static func failure(_ operation: String, _ descriptor: Int32) -> UnixSocketError {
        let code = errno
        if descriptor >= 0 { close(descriptor) }
        let advice = code == EACCES ? "; the user this runs as may not" : ""
        return UnixSocketError(operation: operation, reason: String(cString: strerror(code)) + advice)
    }
}

public struct UnixSocketError: Error, Equatable, Sendable, CustomStringConvertible {
    public let operation: String
    public let reason: String
    public var description: String { "cannot \(operation): \(reason)" }
}
