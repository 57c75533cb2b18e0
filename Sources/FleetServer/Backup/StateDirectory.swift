import FleetRuntime
import FleetStore

/// The directory that holds all a controller knows, and the lock that makes one process its owner.
public struct StateDirectory: Sendable {
    public let path: String

    public init(path: String) { self.path = path }

    public var database: String { path + "/" + FleetStore.databaseName }
    public var metricsDatabase: String { path + "/" + FleetStore.metricsName }
    /// The keys that sign for the controller, in PEM.
    public var signingKeys: String { path + "/signing.pem" }
    private var lockFile: String { path + "/lock" }

    /// Makes the directory (0700) where it is missing, and locks it until the lock's value goes.
    /// - Throws: `inUse` while another process holds the lock.
    public func lock() throws(StateDirectoryError) -> FileLock {
        do {
            try DurableFile.makeDirectory(path, mode: 0o700)
            return try FileLock(lockFile)
        } catch {
            if error.isHeldElsewhere { throw .inUse(path: path) }
            throw .unusable(path: path, error.description)
        }
    }
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
