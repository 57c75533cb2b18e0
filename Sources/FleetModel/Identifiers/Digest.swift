/// The SHA-256 of some content: 64 lowercase hexadecimal digits. What is named by it cannot change.
public struct Digest: TextIdentifier {
    public static let expectation = "64 lowercase hexadecimal digits (SHA-256)"
    public let description: String

    public init?(_ text: String) {
        guard text.utf8.count == 64,
            text.utf8.allSatisfy({
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            })
        else { return nil }
        description = text
    }

    /// - Parameter bytes: the 32 bytes of a SHA-256.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes {
            text.append(byte.highHexadecimalDigit)
            text.append(byte.lowHexadecimalDigit)
        }
        description = String(decoding: text, as: UTF8.self)
    }
}
