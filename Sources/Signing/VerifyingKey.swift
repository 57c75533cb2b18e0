import FleetModel
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

    /// Names the key in envelopes: the first 16 hexadecimal digits of its SHA-256.
    public var keyID: String { String(SHA256Hasher.digest(of: bytes).description.prefix(16)) }

    /// - Parameter signature: 64 bytes; any other length verifies nothing.
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let key = try? CryptoKey(publicKey: bytes) else { return false }
        return key.verifies(signature, of: message)
    }
}
