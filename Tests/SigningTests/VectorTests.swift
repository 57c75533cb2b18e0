import FleetModel
import FoundationEssentials
import Testing

@testable import Signing

func bytes(hex: String) -> [UInt8] {
    let digits = Array(hex.utf8).map { UInt8(String(UnicodeScalar($0)), radix: 16)! }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

@Suite struct VectorTests {
    /// RFC 8032, section 7.1: seed, public key, message, signature.
    static let ed25519: [(seed: String, key: String, message: String, signature: String)] = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ]

    @Test(arguments: ed25519) func `Ed25519 as in RFC 8032`(
        vector: (seed: String, key: String, message: String, signature: String)
    ) throws {
        let key = try SigningKey(seed: bytes(hex: vector.seed))
        let message = bytes(hex: vector.message)
        #expect(key.verifyingKey.bytes == bytes(hex: vector.key))
        #expect(try key.sign(message) == bytes(hex: vector.signature))
        #expect(key.verifyingKey.verifies(bytes(hex: vector.signature), of: message))
    }

    /// FIPS 180-2, appendix B.
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (
            String(repeating: "a", count: 1_000_000),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
        ),
    ]) func `SHA-256 as in FIPS 180`(message: String, digest: String) {
        #expect(SHA256Hasher.digest(of: Array(message.utf8)).description == digest)
    }

    @Test func `SHA-256 in pieces, read on the way`() {
        let hasher = SHA256Hasher()
        hasher.update(Array("ab".utf8))
        #expect(hasher.digest() == SHA256Hasher.digest(of: Array("ab".utf8)))
        hasher.update([])
        hasher.update(Array("c".utf8))
        #expect(hasher.digest() == SHA256Hasher.digest(of: Array("abc".utf8)))
    }

    /// RFC 9562, appendix A.4, and Python's documentation of the uuid module.
    @Test(arguments: [
        ("www.example.com", "2ed6657d-e927-568b-95e1-2665a8aea6a2"),
        ("python.org", "886313e1-3b8a-5372-9b90-0c9aee199e5d"),
    ]) func `UUID version 5 in the DNS namespace`(name: String, expected: String) {
        let dns = UUID(uuidString: "6ba7b810-9dad-11d1-80b4-00c04fd430c8")!
        #expect(UUID(version5: name, namespace: dns).uuidString.lowercased() == expected)
    }

    /// The example of the DSSE specification (protocol.md).
    @Test func `pre-authentication encoding as in the DSSE specification`() {
        let encoding = Envelope.preAuthenticationEncoding(
            type: "http://example.com/HelloWorld", payload: Array("hello world".utf8))
        #expect(
            String(decoding: encoding, as: UTF8.self) == "DSSEv1 29 http://example.com/HelloWorld 11 hello world")
    }

    @Test func `tokens are long, URL-safe and never the same`() {
        let tokens = (0..<200).map { _ in SecureRandom.token() }
        #expect(Set(tokens).count == tokens.count)
        for token in tokens {
            #expect(token.utf8.count == 43)
            #expect(
                token.utf8.allSatisfy {
                    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8.contains($0)
                })
        }
    }

    @Test func `secrets are compared whole`() {
        #expect(SecureRandom.isEqual("secret", "secret"))
        #expect(SecureRandom.isEqual("", ""))
        #expect(!SecureRandom.isEqual("secret", "secreT"))
        #expect(!SecureRandom.isEqual("secre", "secret"))
        #expect(!SecureRandom.isEqual("secret\0", "secret"))
    }
}
