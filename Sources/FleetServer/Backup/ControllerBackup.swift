import FleetModel
import FleetStore
import FoundationEssentials
import Glibc

/// Copies what a controller cannot do without: its database (hosts, jobs, events, templates' names) and its signing
/// keys. Metrics and images stay behind: the ones are history, the others are as large as the disk and named by digest.
public enum ControllerBackup {
    /// Writes a backup: a new directory, 0700, that is complete once it is there. The controller may be running; the
    /// copy is of one moment.
    /// - Throws: when there is no controller's state, or `target` exists.
    public static func backup(_ state: StateDirectory, to target: String) throws {
        let files = FileManager.default
        guard files.fileExists(atPath: state.database) else { throw BackupError.noState(path: state.path) }
        guard !files.fileExists(atPath: target) else { throw BackupError.exists(path: target) }
        let unfinished = StateDirectory(path: target + ".unfinished")
        try? files.removeItem(atPath: unfinished.path)
        try files.createDirectory(
            atPath: unfinished.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        do {
            try FleetStore.copyDatabase(state.database, to: unfinished.database)
            if files.fileExists(atPath: state.signingKeys) {
                try files.copyItem(atPath: state.signingKeys, toPath: unfinished.signingKeys)
            }
            try syncAll(in: unfinished.path)
            try files.moveItem(atPath: unfinished.path, toPath: target)
        } catch {
            try? files.removeItem(atPath: unfinished.path)
            throw error
        }
    }

    /// Puts a backup into a state directory, in place of what is there. The database takes a new ID, so that hosts send
    /// again what they still hold, and keeps jobs back until each host's record has been read.
    /// - Returns: the new ID.
    /// - Throws: `StateDirectoryError.inUse` while a controller runs there; `BackupError.noState` for no backup; what is
    ///   there stays then.
    @discardableResult
    public static func restore(_ source: String, into state: StateDirectory) throws -> StoreID {
        let files = FileManager.default
        let backup = StateDirectory(path: source)
        guard files.fileExists(atPath: backup.database) else { throw BackupError.noState(path: source) }
        let lock = try state.lock()
        defer { withExtendedLifetime(lock) {} }
        let prepared = StateDirectory(path: state.path + "/restore.unfinished")
        try? files.removeItem(atPath: prepared.path)
        try files.createDirectory(
            atPath: prepared.path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? files.removeItem(atPath: prepared.path) }
        try files.copyItem(atPath: backup.database, toPath: prepared.database)
        let id = try FleetStore.markRestored(prepared.database)
        if files.fileExists(atPath: backup.signingKeys) {
            try files.copyItem(atPath: backup.signingKeys, toPath: prepared.signingKeys)
        }
        try syncAll(in: prepared.path)
        // The old database's log must not be applied to the new one.
        for leftover in ["-wal", "-shm"] { unlink(state.database + leftover) }
        for (from, to) in [(prepared.signingKeys, state.signingKeys), (prepared.database, state.database)]
        where files.fileExists(atPath: from) {
            guard rename(from, to) == 0 else { throw BackupError.cannotWrite(path: to, errno) }
        }
        try sync(state.path)
        return id
    }

    private static func syncAll(in directory: String) throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) { try sync(directory + "/" + name) }
        try sync(directory)
    }

    private static func sync(_ path: String) throws(BackupError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotWrite(path: path, errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .cannotWrite(path: path, errno) }
    }
}

public enum BackupError: Error, Equatable, Sendable, CustomStringConvertible {
    case noState(path: String)
    case exists(path: String)
    case cannotWrite(path: String, Int32)

    public var description: String {
        switch self {
        case .noState(let path): "\(path) holds no \(FleetStore.databaseName); name a controller's state or its backup"
        case .exists(let path): "\(path) exists; name a new directory for the backup"
        case .cannotWrite(let path, let code): "cannot write \(path): \(String(cString: strerror(code)))"
        }
    }
}
