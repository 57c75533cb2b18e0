import FleetModel
import FoundationEssentials
import Glibc

/// An Ed25519 private key. Its file form is PKCS #8 in PEM (RFC 8410), which `openssl pkey` reads too.
public struct SigningKey: Sendable {
    private let seed: [UInt8]
    public let verifyingKey: VerifyingKey

    /// - Parameter seed: the 32 bytes that RFC 8032 calls the private key.
    public init(seed: [UInt8]) throws(SigningError) {
        guard seed.count == 32, let key = VerifyingKey(bytes: try CryptoKey(seed: seed).publicKey()) else {
            throw .crypto("make an Ed25519 key of \(seed.count) bytes")
        }
        self.seed = seed
        verifyingKey = key
    }

    public static func generate() throws(SigningError) -> SigningKey {
        try SigningKey(seed: SecureRandom.bytes(32))
    }

    /// - Returns: the 64 bytes of the signature.
    public func sign(_ message: [UInt8]) throws(SigningError) -> [UInt8] { try CryptoKey(seed: seed).sign(message) }
}

extension SigningKey {
    /// What precedes the seed in the DER of every Ed25519 private key (RFC 8410, section 7).
    private static let header: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ]
    private static let begin = "-----BEGIN PRIVATE KEY-----"
    private static let end = "-----END PRIVATE KEY-----"

    public init(path: String) throws(SigningError) {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw .keyFile(path: path, "cannot be read: \(error)")
        }
        let lines = text.split(whereSeparator: \.isNewline)
        guard lines.count == 3, lines[0] == Self.begin, lines[2] == Self.end,
            let data = Data(base64Encoded: String(lines[1])), data.starts(with: Self.header),
            data.count == Self.header.count + 32
        else { throw .keyFile(path: path, "is not an Ed25519 private key in PEM (PKCS #8)") }
        try self.init(seed: [UInt8](data.dropFirst(Self.header.count)))
    }

    /// Writes a new file that only its owner can read, and syncs it.
    /// - Throws: also when the file exists: a key is never overwritten.
    public func save(to path: String) throws(SigningError) {
        let base64 = Data(Self.header + seed).base64EncodedString()
        let text = Array("\(Self.begin)\n\(base64)\n\(Self.end)\n".utf8)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .keyFile(path: path, "cannot be made: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        guard write(descriptor, text, text.count) == text.count, fsync(descriptor) == 0 else {
            let problem = String(cString: strerror(errno))
            unlink(path)
            throw .keyFile(path: path, "cannot be written: \(problem)")
        }
    }
}
