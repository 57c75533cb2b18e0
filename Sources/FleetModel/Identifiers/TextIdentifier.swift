/// A value with one canonical text form, parsed at the edge: what cannot be parsed never becomes a value.
public protocol TextIdentifier: Hashable, Comparable, Codable, Sendable, LosslessStringConvertible {
    /// What a well-formed text looks like, for error messages: "a lowercase UUID".
    static var expectation: String { get }
}

extension TextIdentifier {
    public static func < (left: Self, right: Self) -> Bool { left.description < right.description }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let value = Self(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected \(Self.expectation), got '\(text.prefix(80))'")
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
