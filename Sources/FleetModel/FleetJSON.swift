import FoundationEssentials

/// The JSON of the bus and of the HTTP API: sorted keys, RFC 3339 UTC times with milliseconds, unknown fields ignored.
/// Sorted keys make equal values equal bytes, which digests rely on.
public enum FleetJSON {
    private static let timeFormat = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    private static let timeFormatWithoutFraction = Date.ISO8601FormatStyle()

    public static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .custom { date, encoder in
            var container = encoder.singleValueContainer()
            try container.encode(text(date))
        }
        return try encoder.encode(value)
    }

    public static func decode<Value: Decodable>(_ type: Value.Type, from data: Data) throws -> Value {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            let text = try container.decode(String.self)
            guard let date = date(text) else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "expected an RFC 3339 UTC time, got '\(text.prefix(40))'")
            }
            return date
        }
        return try decoder.decode(type, from: data)
    }

    /// The value as a tree, for the members that travel as `JSONValue` (arguments, bodies).
    public static func value(_ value: some Encodable) throws -> JSONValue {
        try decode(JSONValue.self, from: encode(value))
    }

    public static func decode<Value: Decodable>(_ type: Value.Type, from value: JSONValue) throws -> Value {
        try decode(type, from: encode(value))
    }

    public static func text(_ date: Date) -> String { date.formatted(timeFormat) }

    public static func date(_ text: String) -> Date? {
        (try? timeFormat.parse(text)) ?? (try? timeFormatWithoutFraction.parse(text))
    }
}
