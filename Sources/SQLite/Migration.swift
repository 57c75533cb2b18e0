/// One named, ordered step of a schema. The number of applied steps is the database's `user_version`.
public struct Migration: Sendable {
    public let name: String
    public let sql: String

    public init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }
}

extension Connection {
    /// Brings the database to the newest schema, each step in a transaction of its own.
    /// - Throws: when the database was written by a newer version, which this one must not touch.
    public func migrate(_ migrations: [Migration]) throws {
        let version: Int = try first("PRAGMA user_version")?.get(0) ?? 0
        guard version <= migrations.count else {
            throw SQLiteError(
                code: 1,
                message: """
                    \(path) was written by a newer version (schema \(version), this version knows \(migrations.count)); \
                    install that version again, or restore a backup made before the upgrade
                    """)
        }
        guard version >= 0 else { throw SQLiteError(code: 26, message: "\(path) has the impossible schema \(version)") }
        for (index, migration) in migrations.enumerated().dropFirst(version) {
            try transaction {
                try executeScript(migration.sql)
                try execute("PRAGMA user_version = \(index + 1)")
            }
        }
    }
}
