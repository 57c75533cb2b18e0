import FoundationEssentials

/// An Ed25519 public key (RFC 8032). Its text form, for `agent.yaml`, is the base64 of its 32 bytes.
public struct VerifyingKey: TextIdentifier {
    public static let expectation = "the base64 of 32 bytes (an Ed25519 public key)"
    public let bytes: [UInt8]

    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    public init?(_ text: String) {
        guard let data = Data(base64Encoded: text) else { return nil }
        self.init(bytes: [UInt8](data))
    }

    public var description: String { Data(bytes).base64EncodedString() }
}
