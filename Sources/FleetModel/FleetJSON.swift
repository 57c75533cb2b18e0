import FoundationEssentials

/// The JSON of the bus and of the HTTP API: sorted keys, RFC 3339 UTC times with milliseconds, unknown fields ignored.
/// Sorted keys make equal values equal bytes, which digests rely on.
public enum FleetJSON {
    private static let wholeSeconds = Date.ISO8601FormatStyle()

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

    /// Rounded to the millisecond: Foundation's own fractional form cuts, so that a time would lose a millisecond each
    /// time it is passed on.
    public static func text(_ date: Date) -> String {
        // The years 1 to 9999, which have four digits.
        let milliseconds = min(
            max((date.timeIntervalSince1970 * 1000).rounded(), -62_135_596_800_000), 253_402_300_799_999)
        let seconds = (milliseconds / 1000).rounded(.down)
        let fraction = String(1000 + Int(milliseconds - seconds * 1000)).dropFirst()
        return Date(timeIntervalSince1970: seconds).formatted(wholeSeconds).dropLast() + ".\(fraction)Z"
    }

    public static func date(_ text: String) -> Date? {
        guard let point = text.firstIndex(of: ".") else { return try? wholeSeconds.parse(text) }
        let digits = text[text.index(after: point)...].prefix { $0.isASCII && $0.isNumber }
        guard let fraction = Double("0.\(digits)"), !digits.isEmpty,
            let whole = try? wholeSeconds.parse(String(text[..<point] + text[digits.endIndex...]))
        else { return nil }
        return Date(timeIntervalSince1970: (whole.timeIntervalSince1970 * 1000 + (fraction * 1000).rounded()) / 1000)
    }
}
