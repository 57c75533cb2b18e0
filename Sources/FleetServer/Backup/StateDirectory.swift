import FleetStore
import FoundationEssentials
import Glibc

/// The directory that holds all a controller knows, and the lock that makes one process its owner.
public struct StateDirectory: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    public var database: String { path + "/" + FleetStore.databaseName }
    public var metricsDatabase: String { path + "/" + FleetStore.metricsName }
    /// The key that signs jobs, in PEM.
    public var signingKey: String { path + "/signing.pem" }
    private var lockFile: String { path + "/lock" }

    /// Makes the directory (0700) where it is missing, and locks it until the lock's value goes.
    /// - Throws: `inUse` while another process holds the lock.
    public func lock() throws(StateDirectoryError) -> StateLock {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw .unusable(path: path, "\(error)")
        }
        let descriptor = open(lockFile, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unusable(path: lockFile, String(cString: strerror(errno))) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            if code == EWOULDBLOCK { throw .inUse(path: path) }
            throw .unusable(path: lockFile, String(cString: strerror(code)))
        }
        return StateLock(descriptor: descriptor)
    }
}

/// Held by the one process that may write in a state directory. The kernel lets go when the process ends, however.
public final class StateLock: Sendable {
    private let descriptor: Int32

    fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }
}

public enum StateDirectoryError: Error, Equatable, Sendable, CustomStringConvertible {
    case inUse(path: String)
    case unusable(path: String, String)

    public var description: String {
        switch self {
        case .inUse(let path): "a controller is running in \(path); stop it first"
        case .unusable(let path, let problem): "cannot use the state directory, \(path): \(problem)"
        }
    }
}
