import CCrypto
import FoundationEssentials

/// Secrets that nobody can guess, and their comparison.
public enum SecureRandom {
    public static func bytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        precondition(RAND_bytes(&bytes, Int32(count)) == 1, "libcrypto has no randomness")
        return bytes
    }

    /// 256 random bits in 43 characters of A-Z, a-z, 0-9, `-` and `_`: a bearer token or a password.
    public static func token() -> String {
        Data(bytes(32)).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }

    /// Whether a presented secret is the expected one, in a time that does not tell how much of it is right.
    public static func isEqual(_ presented: String, _ expected: String) -> Bool {
        let presented = Array(presented.utf8)
        let expected = Array(expected.utf8)
        return presented.count == expected.count && CRYPTO_memcmp(presented, expected, expected.count) == 0
    }
}
