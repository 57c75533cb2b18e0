import SQLite

/// Rows that were added to a table since, read beside its writer.
final class RowCount {
    private let connection: Connection
    private let query: String
    private let before: UInt64

    init(_ database: String, _ query: String) throws {
        connection = try Connection(path: database, readOnly: true)
        self.query = query
        before = try connection.first(query)?.get(0) ?? 0
    }

    func added() throws -> UInt64 { try (connection.first(query)?.get(0) ?? 0) - before }
}
