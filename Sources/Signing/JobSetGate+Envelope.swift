import FleetModel
import FoundationEssentials

/// What became of an envelope that arrived on `down/<host>/jobs`.
public enum JobSetArrival: Equatable, Sendable {
    /// To be stored; then `JobSetGate.take`.
    case accept(JobSet, digest: Digest)
    case alreadyHave
    case refuse(EnvelopeRefusal, message: String)
}

extension JobSetGate {
    /// Base64 makes four bytes of three; the rest is room for type, key ID and signature.
    private static let maximumEnvelopeBytes = JobSet.maximumBytes * 4 / 3 + 1024

    /// Everything between the bytes of a message and a job set that may be acted on.
    /// - Parameters:
    ///   - keys: the controller's; without any, every set is refused.
    ///   - now: the time, or nil while the clock is not sane.
    public func judge(envelope json: [UInt8], keys: [VerifyingKey], now: Date?) -> JobSetArrival {
        let payload: [UInt8]
        do throws(SigningError) {
            payload = try Envelope(json: json, maximumBytes: Self.maximumEnvelopeBytes)
                .open(expectedType: JobSet.payloadType, keys: keys)
        } catch {
            return .refuse(error.refusal ?? .malformed, message: error.description)
        }
        guard payload.count <= JobSet.maximumBytes else {
            return .refuse(.tooLarge, message: "a job set of \(payload.count) bytes")
        }
        let set: JobSet
        do {
            set = try FleetJSON.decode(JobSet.self, from: Data(payload))
        } catch {
            return .refuse(.malformed, message: "a signed job set that cannot be read: \(error)")
        }
        let digest = SHA256Hasher.digest(of: payload)
        switch judge(set, digest: digest, now: now) {
        case .accept: return .accept(set, digest: digest)
        case .alreadyHave: return .alreadyHave
        case .refuse(let reason, let message): return .refuse(reason, message: message)
        }
    }
}
