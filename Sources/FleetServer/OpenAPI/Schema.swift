import FleetModel

/// The shape of a JSON document, as OpenAPI 3.1 describes it.
indirect enum Schema: Sendable {
    case string(format: String? = nil)
    case word([String])
    case integer
    case number
    case boolean
    /// Whatever its producer put there.
    case any
    case array(Schema)
    case map(Schema)
    case object([String: Schema], optional: [String: Schema] = [:])
    case nullable(Schema)
    /// One of the document's named schemas.
    case reference(String)
    /// One or the other of the document's named schemas.
    case oneOf([String])

    static let uuid = Schema.string(format: "uuid")
    static let time = Schema.string(format: "date-time")
    static let name = Schema.string()

    static func page(of item: String) -> Schema {
        .object(["items": .array(.reference(item))], optional: ["nextCursor": .string()])
    }

    static func words<Word: RawRepresentable<String> & CaseIterable>(_ type: Word.Type) -> Schema {
        .word(type.allCases.map(\.rawValue))
    }

    var json: JSONValue {
        switch self {
        case .string(let format): Self.type("string", format.map { ["format": .string($0)] } ?? [:])
        case .word(let words): Self.type("string", ["enum": .array(words.map(JSONValue.string))])
        case .integer: Self.type("integer")
        case .number: Self.type("number")
        case .boolean: Self.type("boolean")
        case .any: .object([:])
        case .array(let item): Self.type("array", ["items": item.json])
        case .map(let value): Self.type("object", ["additionalProperties": value.json])
        case .object(let required, let optional):
            Self.type(
                "object",
                [
                    "properties": .object(required.merging(optional) { first, _ in first }.mapValues(\.json)),
                    "required": .array(required.keys.sorted().map(JSONValue.string)),
                ])
        case .nullable(let schema): .object(["anyOf": .array([schema.json, Self.type("null")])])
        case .reference(let name): .object(["$ref": .string("#/components/schemas/\(name)")])
        case .oneOf(let names): .object(["oneOf": .array(names.map { Self.reference($0).json })])
        }
    }

    private static func type(_ name: String, _ members: [String: JSONValue] = [:]) -> JSONValue {
        .object(members.merging(["type": .string(name)]) { first, _ in first })
    }
}
