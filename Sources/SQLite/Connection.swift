import CSQLite
import Glibc

/// One connection to one database. Not `Sendable`: an actor with a `ThreadExecutor` owns it.
public final class Connection {
    /// How hard a commit is (https://sqlite.org/pragma.html#pragma_synchronous).
    public enum Synchronous: String, Sendable { case normal = "NORMAL", full = "FULL" }

    private let handle: OpaquePointer
    private var statements: [String: Statement] = [:]
    public let path: String

    /// Opens, or makes, a database in WAL mode with foreign keys enforced.
    /// - Parameters:
    ///   - path: a file, or `:memory:`.
    ///   - exclusive: no other connection may open the database while this one lives. It then needs no shared memory
    ///     file, so that it opens on a full disk too.
    public init(
        path: String, synchronous: Synchronous = .full, readOnly: Bool = false, exclusive: Bool = false
    ) throws(SQLiteError) {
        handle = try Self.connect(
            path, readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        self.path = path
        sqlite3_busy_timeout(handle, 5000)
        do {
            if exclusive { try execute("PRAGMA locking_mode = EXCLUSIVE") }
            if !readOnly { try execute("PRAGMA journal_mode = WAL") }
            try execute("PRAGMA synchronous = \(synchronous.rawValue)")
            try execute("PRAGMA foreign_keys = ON")
        } catch {
            // The first that read or write the file.
            throw SQLiteError(code: error.code, message: "cannot open \(path): \(error.message)")
        }
    }

    /// Opens a database that somebody else keeps, as it stands in its file: without lock, journal and WAL
    /// (https://sqlite.org/uri.html#uriimmutable).
    /// - Parameter descriptor: of the file, open for as long as the connection.
    public init(immutable descriptor: Int32) throws(SQLiteError) {
        path = "file:/proc/self/fd/\(descriptor)?immutable=1"
        handle = try Self.connect(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
        // The schema of a stranger's file may call functions.
        try execute("PRAGMA trusted_schema = OFF")
    }

    private static func connect(_ path: String, _ flags: Int32) throws(SQLiteError) -> OpaquePointer {
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let handle else {
            let message = handle.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            sqlite3_close_v2(handle)
            throw SQLiteError(code: code, message: "cannot open \(path): \(message)")
        }
        return handle
    }

    deinit {
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    /// Runs one statement to its end, ignoring rows.
    public func execute(_ sql: String, _ values: [any SQLiteConvertible] = []) throws(SQLiteError) {
        try query(sql, values) { _ throws(SQLiteError) in }
    }

    /// Runs several statements, separated by semicolons, without parameters.
    public func executeScript(_ sql: String) throws(SQLiteError) {
        var message: UnsafeMutablePointer<CChar>?
        let code = sqlite3_exec(handle, sql, nil, nil, &message)
        guard code == SQLITE_OK else {
            defer { sqlite3_free(message) }
            throw SQLiteError(code: code, message: message.map { String(cString: $0) } ?? "unknown", sql: sql)
        }
    }

    public func query(
        _ sql: String, _ values: [any SQLiteConvertible] = [], while wanted: () -> Bool = { true },
        each: (Row) throws(SQLiteError) -> Void
    ) throws(SQLiteError) {
        // Taken out of the cache while in use, so that a query inside `each` gets a statement of its own.
        let statement: Statement
        if let cached = statements.removeValue(forKey: sql) {
            statement = cached
        } else {
            statement = try Statement(sql, database: handle)
        }
        defer {
            statement.reset()
            statements[sql] = statement
        }
        try statement.bind(values.map(\.sqliteValue))
        while wanted(), try statement.step() { try each(statement.row()) }
    }

    public func rows(_ sql: String, _ values: [any SQLiteConvertible] = []) throws(SQLiteError) -> [Row] {
        var rows: [Row] = []
        try query(sql, values) { row throws(SQLiteError) in rows.append(row) }
        return rows
    }

    public func first(_ sql: String, _ values: [any SQLiteConvertible] = []) throws(SQLiteError) -> Row? {
        var first: Row?
        try query(sql, values, while: { first == nil }) { row throws(SQLiteError) in first = row }
        return first
    }

    /// Runs the body in one transaction; an error rolls it back.
    public func transaction<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // A full disk may have rolled back already; the first error is the one to tell.
            try? execute("ROLLBACK")
            throw error
        }
    }

    /// Runs the body in one transaction whose commit is not synced: a loss of power may take it back, unless one that is synced came
    /// after it. It is for what does no harm when it is done again.
    public func unsyncedTransaction<Result>(_ body: () throws -> Result) throws -> Result {
        let full = 2
        guard try first("PRAGMA synchronous")?.get(0) == full else { return try transaction(body) }
        try execute("PRAGMA synchronous = \(Synchronous.normal.rawValue)")
        defer { try? execute("PRAGMA synchronous = \(Synchronous.full.rawValue)") }
        return try transaction(body)
    }

    /// Runs a body that only reads: all of it sees the same state of the database.
    public func snapshot<Result>(_ body: () throws -> Result) throws -> Result {
        try execute("BEGIN")
        defer { try? execute("COMMIT") }
        return try body()
    }

    /// The rowid of the last inserted row.
    public var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(handle) }
    /// Rows changed by the last statement.
    public var changes: Int { Int(sqlite3_changes(handle)) }

    /// Copies the database, as of one moment, to a new file, and syncs it
    /// (https://sqlite.org/lang_vacuum.html, VACUUM INTO, which does not). An incomplete copy is removed.
    public func backup(to path: String) throws(SQLiteError) {
        guard access(path, F_OK) != 0 else {
            throw SQLiteError(code: SQLITE_CANTOPEN, message: "cannot back up to \(path): the file exists")
        }
        do {
            try execute("VACUUM INTO ?", [path])
            try sync(path)
            try sync(path.lastIndex(of: "/").map { String(path[...$0]) } ?? ".")
        } catch {
            unlink(path)
            throw error
        }
    }

    private func sync(_ path: String) throws(SQLiteError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw SQLiteError(
                code: SQLITE_IOERR, message: "cannot sync the backup \(path): \(String(cString: strerror(errno)))")
        }
    }
}
