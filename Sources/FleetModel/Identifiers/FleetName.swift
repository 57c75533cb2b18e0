/// The name of a fleet: one level of an MQTT topic.
public struct FleetName: TextIdentifier {
    public static let expectation = "1 to 32 characters of a-z, 0-9 and '-', starting with a letter"
    public let description: String

    public init?(_ text: String) {
        guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            text.utf8.count <= 32,
            text.utf8.allSatisfy({ byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "-")
            })
        else { return nil }
        description = text
    }
}
