import CMosquitto
import Glibc

/// Why a connection could not be made.
struct MosquittoFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    init(_ operation: String, _ number: Int32) {
        description = "\(operation): \(String(cString: strerror(number)))"
    }

    init(_ operation: String, code: Int32, errno number: Int32) {
        description = "\(operation): \(Self.text(code: code, errno: number))"
    }

    /// An MQTT reason code from 0x80 on, or one of libmosquitto's own errors, in words.
    static func text(code: Int32, errno number: Int32 = 0) -> String {
        if code >= 0x80 {
            return "\(String(cString: mosquitto_reason_string(code))) (0x\(String(code, radix: 16)))"
        }
        switch code {
        case MOSQ_ERR_ERRNO.rawValue where number != 0: return String(cString: strerror(number))
        case MOSQ_ERR_EAI.rawValue: return String(cString: gai_strerror(number))
        default: return String(cString: mosquitto_strerror(code))
        }
    }
}
