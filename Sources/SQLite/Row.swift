/// One row of a result, copied out of SQLite.
public struct Row: Sendable {
    public let values: [SQLiteValue]
    let sql: String

    /// The value of a column, 0 for the first.
    /// - Throws: when it has another type than the caller expects.
    public func get<Value: SQLiteConvertible>(_ column: Int, as type: Value.Type = Value.self) throws(SQLiteError)
        -> Value
    {
        guard column < values.count, let value = Value(sqliteValue: values[column]) else {
            throw SQLiteError(code: 20, message: "column \(column) is not \(Value.self)", sql: sql)
        }
        return value
    }
}
