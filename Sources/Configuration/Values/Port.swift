/// A TCP port, 1 to 65535.
public struct Port: Codable, Hashable, Sendable {
    public let number: Int

    public init?(_ number: Int) {
        guard (1...65535).contains(number) else { return nil }
        self.number = number
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let number = try? container.decode(Int.self), let port = Port(number) else {
            throw UnexpectedValue.error("expected an integer from 1 to 65535", in: container)
        }
        self = port
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(number)
    }
}
