/// A TCP port, 1 to 65535.
public struct Port: Codable, Hashable, Sendable, ExpressibleByIntegerLiteral {
    public let number: UInt16

    /// For the defaults in the code.
    public init(integerLiteral number: UInt16) {
        precondition(number > 0, "0 is no port")
        self.number = number
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let number = try? container.decode(UInt16.self), number > 0 else {
            throw UnexpectedValue.error("expected an integer from 1 to 65535", in: container)
        }
        self.number = number
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}
