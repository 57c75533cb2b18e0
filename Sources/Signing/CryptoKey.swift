import CCrypto

/// Owner of one libcrypto key, which never changes: any thread may use it (openssl-threads(7)).
final class CryptoKey: @unchecked Sendable {
    private let handle: OpaquePointer

    init(seed: [UInt8]) throws(SigningError) {
        guard let handle = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count) else {
            throw .crypto("use an Ed25519 private key")
        }
        self.handle = handle
    }

    init(publicKey: [UInt8]) throws(SigningError) {
        guard let handle = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, publicKey, publicKey.count) else {
            throw .crypto("use an Ed25519 public key")
        }
        self.handle = handle
    }

    deinit { EVP_PKEY_free(handle) }

    func publicKey() throws(SigningError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        guard EVP_PKEY_get_raw_public_key(handle, &bytes, &count) == 1, count == bytes.count else {
            throw .crypto("derive an Ed25519 public key")
        }
        return bytes
    }

    func sign(_ message: [UInt8]) throws(SigningError) -> [UInt8] {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        guard EVP_DigestSignInit(context, nil, nil, nil, handle) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == signature.count
        else { throw .crypto("sign with Ed25519") }
        return signature
    }

    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        let context = EVP_MD_CTX_new()
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, nil, nil, handle) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
