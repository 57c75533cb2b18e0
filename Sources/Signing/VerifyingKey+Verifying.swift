import FleetModel

extension VerifyingKey {
    /// Names the key in envelopes: the first 16 hexadecimal digits of its SHA-256.
    public var keyID: String { String(SHA256Hasher.digest(of: bytes).description.prefix(16)) }

    /// - Parameter signature: 64 bytes; any other length verifies nothing.
    public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let key = try? CryptoKey(publicKey: bytes) else { return false }
        return key.verifies(signature, of: message)
    }
}
