import FleetModel
import FoundationEssentials

/// What became of an envelope that arrived.
public enum IntentArrival<Intent: SignedIntent>: Equatable, Sendable {
    /// To be stored; then `IntentGate.take`.
    case accept(Intent, digest: Digest)
    case alreadyHave
    case refuse(EnvelopeRefusal, message: String)
}

public typealias JobSetArrival = IntentArrival<JobSet>

extension IntentGate {
    /// Base64 makes four bytes of three; the rest is room for type, key ID and signature.
    private static var maximumEnvelopeBytes: Int { Intent.maximumBytes * 4 / 3 + 1024 }

    /// Everything between the bytes of a message and a document that may be acted on.
    /// - Parameters:
    ///   - keys: the controller's; without any, everything is refused.
    ///   - now: the time, or nil while the clock is not sane.
    public func judge(envelope json: [UInt8], keys: [VerifyingKey], now: Date?) -> IntentArrival<Intent> {
        let payload: [UInt8]
        do throws(SigningError) {
            payload = try Envelope(json: json, maximumBytes: Self.maximumEnvelopeBytes)
                .open(expectedType: Intent.payloadType, keys: keys)
        } catch {
            return .refuse(error.refusal ?? .malformed, message: error.description)
        }
        guard payload.count <= Intent.maximumBytes else {
            return .refuse(.tooLarge, message: "a \(Intent.noun) of \(payload.count) bytes")
        }
        let intent: Intent
        do {
            intent = try FleetJSON.decode(Intent.self, from: Data(payload))
        } catch {
            return .refuse(.malformed, message: "a signed \(Intent.noun) that cannot be read: \(error)")
        }
        let digest = SHA256Hasher.digest(of: payload)
        switch judge(intent, digest: digest, now: now) {
        case .accept: return .accept(intent, digest: digest)
        case .alreadyHave: return .alreadyHave
        case .refuse(let reason, let message): return .refuse(reason, message: message)
        }
    }
}
