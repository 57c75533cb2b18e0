import CCrypto

/// SHA-512/256 (FIPS 180-4, 5.3.6.2): not a SHA-512 that was cut off, as it starts from other values.
public enum SHA512_256 {
    /// - Returns: 32 bytes.
    public static func digest(of bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        guard EVP_Digest(bytes.baseAddress, bytes.count, &digest, nil, EVP_sha512_256(), nil) == 1 else {
            preconditionFailure("libcrypto has no SHA-512/256")
        }
        return digest
    }
}
