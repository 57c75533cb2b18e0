import FoundationEssentials

/// Why a signed document was not taken; the word appears in `security.refused` events.
public enum EnvelopeRefusal: String, CaseIterable, Codable, Sendable {
    case badSignature = "bad-signature"
    case wrongHost = "wrong-host"
    case wrongFleet = "wrong-fleet"
    case staleRevision = "stale-revision"
    case expired
    case tooLarge = "too-large"
    case malformed
    case noKey = "no-key"
}

/// A document of the controller's will for one host, which travels signed and whole: a newer one takes the place of all that
/// came before.
public protocol SignedIntent: Codable, Equatable, Sendable {
    /// The DSSE payload type.
    static var payloadType: String { get }
    static var maximumBytes: Int { get }
    /// `job set`, for people.
    static var noun: String { get }

    var fleet: FleetName { get }
    var host: HostID { get }
    /// Grows with every published one; an agent takes none at or below the highest it has seen.
    var revision: UInt64 { get }
    var expiresAt: Date { get }
    /// What makes it unacceptable whoever signed it.
    var flaw: EnvelopeFlaw? { get }
}

public struct EnvelopeFlaw: Equatable, Sendable {
    public var reason: EnvelopeRefusal
    public var message: String
}

public typealias JobSetGate = IntentGate<JobSet>

/// What an agent takes of the signed documents that reach it, once their signature is verified. The agent persists
/// `revision` and `digest` with each that it takes.
public struct IntentGate<Intent: SignedIntent>: Equatable, Sendable {
    public enum Verdict: Equatable, Sendable {
        case accept
        /// The very one that was taken last: a retained message delivered again.
        case alreadyHave
        case refuse(EnvelopeRefusal, message: String)
    }

    public let fleet: FleetName
    public let host: HostID
    /// The highest revision taken, 0 before the first.
    public private(set) var revision: UInt64
    /// The SHA-256 of the payload that had this revision.
    public private(set) var digest: Digest?

    public init(fleet: FleetName, host: HostID, revision: UInt64 = 0, digest: Digest? = nil) {
        self.fleet = fleet
        self.host = host
        self.revision = revision
        self.digest = digest
    }

    /// - Parameters:
    ///   - digest: the SHA-256 of the payload.
    ///   - now: the time, or nil while the clock is not sane. Expiry is not judged then: the revision alone keeps old
    ///     ones out, and what they ask for waits for the clock by itself.
    public func judge(_ intent: Intent, digest: Digest, now: Date?) -> Verdict {
        let noun = Intent.noun
        if intent.fleet != fleet {
            return .refuse(.wrongFleet, message: "a \(noun) for fleet \(intent.fleet), not \(fleet)")
        }
        if intent.host != host { return .refuse(.wrongHost, message: "a \(noun) for host \(intent.host), not \(host)") }
        if intent.revision == revision && digest == self.digest { return .alreadyHave }
        if intent.revision <= revision {
            return .refuse(
                .staleRevision, message: "\(noun) revision \(intent.revision); \(revision) has been taken already")
        }
        if let flaw = intent.flaw { return .refuse(flaw.reason, message: flaw.message) }
        if let now, intent.expiresAt <= now {
            return .refuse(.expired, message: "a \(noun) that expired at \(FleetJSON.text(intent.expiresAt))")
        }
        return .accept
    }

    /// It has been stored.
    public mutating func take(_ intent: Intent, digest: Digest) {
        revision = intent.revision
        self.digest = digest
    }
}
