import CCrypto
import FoundationEssentials

/// A password as mosquitto's password file keeps it: `$7$<iterations>$<salt>$<hash>`, PBKDF2 with HMAC-SHA-512, salt and
/// hash in base64 (mosquitto_passwd(1)).
public enum BrokerPassword {
    /// What mosquitto_passwd uses. The broker computes it at each connection, and the passwords hashed here are random
    /// tokens, which no number of iterations makes harder to guess.
    private static let iterations = 101
    private static let saltBytes = 12
    private static let hashBytes = 64

    public static func hash(_ password: String) -> String { hash(password, salt: SecureRandom.bytes(saltBytes)) }

    static func hash(_ password: String, salt: [UInt8]) -> String {
        var hash = [UInt8](repeating: 0, count: hashBytes)
        let done = PKCS5_PBKDF2_HMAC(
            password, Int32(password.utf8.count), salt, Int32(salt.count), Int32(iterations), EVP_sha512(),
            Int32(hash.count), &hash)
        precondition(done == 1, "libcrypto has no PBKDF2 with SHA-512")
        return "$7$\(iterations)$\(Data(salt).base64EncodedString())$\(Data(hash).base64EncodedString())"
    }
}
