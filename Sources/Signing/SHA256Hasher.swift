import CCrypto
import FleetModel

/// SHA-256 of content that arrives in pieces.
public final class SHA256Hasher {
    private let context: OpaquePointer

    public init() {
        guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            preconditionFailure("libcrypto has no SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    public func update(_ bytes: UnsafeRawBufferPointer) { EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }

    public func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// The digest of everything so far; more may follow.
    public func digest() -> Digest {
        guard let digest = Digest(bytes: bytes()) else { preconditionFailure("a SHA-256 has 32 bytes") }
        return digest
    }

    /// Its 32 bytes.
    func bytes() -> [UInt8] {
        let copy = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(copy) }
        var bytes = [UInt8](repeating: 0, count: 32)
        guard EVP_MD_CTX_copy_ex(copy, context) == 1, EVP_DigestFinal_ex(copy, &bytes, nil) == 1 else {
            preconditionFailure("libcrypto did not finish a SHA-256")
        }
        return bytes
    }

    /// The digest of a value's JSON as FleetJSON writes it: equal values have equal digests.
    public static func digest(ofJSON value: some Encodable) throws -> Digest {
        digest(of: [UInt8](try FleetJSON.encode(value)))
    }

    public static func digest(of bytes: [UInt8]) -> Digest {
        let hasher = SHA256Hasher()
        hasher.update(bytes)
        return hasher.digest()
    }
}
