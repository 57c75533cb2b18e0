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
        description = "\(operation): \(Self.text(code: code, errno: number, complaint: complaint))"
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
