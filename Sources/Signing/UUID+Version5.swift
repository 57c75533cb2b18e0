import CCrypto
import FoundationEssentials

extension UUID {
    /// The UUID that a name has within a namespace (version 5 of RFC 9562: SHA-1); the same on every machine.
    public init(version5 name: String, namespace: UUID) {
        let message = withUnsafeBytes(of: namespace.uuid) { Array($0) } + Array(name.utf8)
        var hash = [UInt8](repeating: 0, count: 20)
        precondition(EVP_Digest(message, message.count, &hash, nil, EVP_sha1(), nil) == 1, "libcrypto has no SHA-1")
        hash[6] = hash[6] & 0x0F | 0x50
        hash[8] = hash[8] & 0x3F | 0x80
        self = hash.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}
