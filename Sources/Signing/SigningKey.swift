import FleetModel
import FoundationEssentials

/// An Ed25519 private key. Its file form is PKCS #8 in PEM (RFC 8410), which `openssl pkey` reads too.
public struct SigningKey: Sendable {
    private let seed: [UInt8]
    /// Making it takes longer than a signature.
    private let key: CryptoKey
    public let verifyingKey: VerifyingKey

    /// - Parameter seed: the 32 bytes that RFC 8032 calls the private key.
    public init(seed: [UInt8]) throws(SigningError) {
        guard seed.count == 32 else { throw .crypto("make an Ed25519 key of \(seed.count) bytes") }
        key = try CryptoKey(seed: seed)
        guard let verifyingKey = VerifyingKey(bytes: try key.publicKey()) else {
            throw .crypto("derive the public key of an Ed25519 key")
        }
        self.seed = seed
        self.verifyingKey = verifyingKey
    }

    public static func generate() throws(SigningError) -> SigningKey {
        try SigningKey(seed: SecureRandom.bytes(32))
    }

    /// - Returns: the 64 bytes of the signature.
    public func sign(_ message: [UInt8]) throws(SigningError) -> [UInt8] { try key.sign(message) }
}

extension SigningKey {
    /// What precedes the seed in the DER of every Ed25519 private key (RFC 8410, section 7).
    private static let header: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]
    private static let begin = "-----BEGIN PRIVATE KEY-----"
    private static let end = "-----END PRIVATE KEY-----"

    /// - Parameter pem: the three lines of the file form; anything else makes nil.
    init?(pem: some Collection<Substring>) throws(SigningError) {
        let lines = Array(pem)
        guard lines.count == 3, lines[0] == Self.begin, lines[2] == Self.end,
            let data = Data(base64Encoded: String(lines[1])), data.starts(with: Self.header),
            data.count == Self.header.count + 32
        else { return nil }
        try self.init(seed: [UInt8](data.dropFirst(Self.header.count)))
    }

    var pem: String { "\(Self.begin)\n\(Data(Self.header + seed).base64EncodedString())\n\(Self.end)\n" }
}
