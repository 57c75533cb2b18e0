import CMosquitto
import Glibc

/// Why a connection could not be made.
struct MosquittoFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    init(_ operation: String, _ number: Int32) {
        description = "\(operation): \(String(cString: strerror(number)))"
    }

    init(_ operation: String, code: Int32, errno number: Int32, complaint: String?) {
        let reason = Self.text(code: code, errno: number, complaint: complaint)
        // A broker that is quick answers a handshake's first words before the call that began it returns.
        description = "\(operation): \(code == MOSQ_ERR_TLS.rawValue ? Self.noTLS(reason) : reason)"
    }

    /// That no TLS connection comes about, and what to look at.
    static func noTLS(_ reason: String) -> String {
        """
        no TLS connection: \(reason); check that the broker's certificate names this address, and that each side's \
        certificate is signed by the authority that the other trusts; the broker's log may say more
        """
    }

    /// An MQTT reason code from 0x80 on, or one of libmosquitto's own errors, in words.
    /// - Parameter complaint: what libmosquitto called an error; why TLS failed is only there.
    static func text(code: Int32, errno number: Int32 = 0, complaint: String? = nil) -> String {
        if code >= 0x80 {
            return "\(String(cString: mosquitto_reason_string(code))) (0x\(String(code, radix: 16)))"
        }
        switch code {
        case MOSQ_ERR_ERRNO.rawValue where number != 0: return String(cString: strerror(number))
        case MOSQ_ERR_EAI.rawValue: return String(cString: gai_strerror(number))
        case MOSQ_ERR_TLS.rawValue: return complaint ?? String(cString: mosquitto_strerror(code))
        default: return String(cString: mosquitto_strerror(code))
        }
    }
}
