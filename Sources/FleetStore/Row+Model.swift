import FleetModel
import FoundationEssentials
import SQLite

extension Row {
    /// An identifier, stored as its canonical text.
    func id<ID: TextIdentifier>(_ column: Int, as type: ID.Type = ID.self) throws(SQLiteError) -> ID {
        let text: String = try get(column)
        guard let id = ID(text) else { throw corrupt(column, "'\(text.prefix(80))' is not \(ID.expectation)") }
        return id
    }

    /// An identifier that may be absent.
    func optionalID<ID: TextIdentifier>(_ column: Int, as type: ID.Type = ID.self) throws(SQLiteError) -> ID? {
        values[column] == .null ? nil : try id(column)
    }

    /// A word out of a closed set.
    func word<Word: RawRepresentable<String>>(_ column: Int, as type: Word.Type = Word.self) throws(SQLiteError) -> Word
    {
        let text: String = try get(column)
        guard let word = Word(rawValue: text) else {
            throw corrupt(column, "'\(text.prefix(80))' is not a \(Word.self)")
        }
        return word
    }

    /// A document, stored as JSON text.
    func json<Value: Decodable>(_ column: Int, as type: Value.Type = Value.self) throws(SQLiteError) -> Value {
        let text: String = try get(column)
        do {
            return try FleetJSON.decode(type, from: Data(text.utf8))
        } catch {
            throw corrupt(column, "not a \(Value.self): \(error)")
        }
    }

    func optionalJSON<Value: Decodable>(_ column: Int, as type: Value.Type = Value.self) throws(SQLiteError) -> Value? {
        values[column] == .null ? nil : try json(column)
    }

    private func corrupt(_ column: Int, _ message: String) -> SQLiteError {
        SQLiteError(code: 11, message: "column \(column) holds what this version cannot read: \(message)")
    }
}

extension FleetJSON {
    /// The JSON as the database keeps it.
    static func storedText(_ value: some Encodable) throws -> String {
        String(decoding: try encode(value), as: UTF8.self)
    }
}
