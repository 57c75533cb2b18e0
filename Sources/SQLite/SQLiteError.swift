/// What SQLite said, of which statement.
public struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The extended result code (https://sqlite.org/rescode.html).
    public let code: Int32
    public let message: String
    public let sql: String?

    public init(code: Int32, message: String, sql: String? = nil) {
        self.code = code
        self.message = message
        self.sql = sql
    }

    public var isFull: Bool { code & 0xFF == 13 }
    public var isConstraint: Bool { code & 0xFF == 19 }
    /// The file is damaged, or no database at all.
    public var isCorrupt: Bool { code & 0xFF == 11 || code & 0xFF == 26 }

    public var description: String {
        "SQLite error \(code): \(message)" + (sql.map { " in: \($0.prefix(200))" } ?? "")
    }
}
