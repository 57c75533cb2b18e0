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

/// What an agent takes of the job sets that reach it, once their signature is verified. The agent persists
/// `revision` and `digest` with each set that it takes.
public struct JobSetGate: Equatable, Sendable {
    public enum Verdict: Equatable, Sendable {
        case accept
        /// The very set that was taken last: a retained message delivered again.
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
    ///     sets out, and the jobs themselves wait for the clock.
    public func judge(_ set: JobSet, digest: Digest, now: Date?) -> Verdict {
        if set.fleet != fleet { return .refuse(.wrongFleet, message: "a job set for fleet \(set.fleet), not \(fleet)") }
        if set.host != host { return .refuse(.wrongHost, message: "a job set for host \(set.host), not \(host)") }
        if set.revision == revision && digest == self.digest { return .alreadyHave }
        if set.revision <= revision {
            return .refuse(
                .staleRevision, message: "job set revision \(set.revision); \(revision) has been taken already")
        }
        if set.jobs.count > JobSet.maximumJobs {
            return .refuse(.tooLarge, message: "\(set.jobs.count) jobs; at most \(JobSet.maximumJobs) are taken")
        }
        if Set(set.jobs.map(\.id)).count != set.jobs.count {
            return .refuse(.malformed, message: "a job set that names a job twice")
        }
        if let now, set.expiresAt <= now {
            return .refuse(.expired, message: "a job set that expired at \(FleetJSON.text(set.expiresAt))")
        }
        return .accept
    }

    /// The set has been stored.
    public mutating func take(_ set: JobSet, digest: Digest) {
        revision = set.revision
        self.digest = digest
    }
}
