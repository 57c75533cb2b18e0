import FoundationEssentials

/// One verb with arguments for one host, as it travels in the signed job set.
public struct Job: Codable, Equatable, Sendable {
    public var id: JobID
    /// Such as `vm.clone`.
    public var kind: String
    public var arguments: JSONValue
    public var notBefore: Date?
    public var expiresAt: Date
    /// Asks a started job to stop at its next safe point.
    public var cancel: Bool
    /// What the host must meet and how the job waits (`JobTerms`); an agent rejects a job with a word that it does not know.
    public var requirements: [String]
    /// The times in which the job may start, up to its expiry, cutoffs taken off; any time when there are none.
    public var windows: [Occurrence]
    /// Of two jobs that could both start the lower goes first, and those without one come last, by age.
    public var rank: Int?

    public init(
        id: JobID, kind: String, arguments: JSONValue, notBefore: Date? = nil, expiresAt: Date, cancel: Bool = false,
        requirements: [String] = [], windows: [Occurrence] = [], rank: Int? = nil
    ) {
        self.id = id
        self.kind = kind
        self.arguments = arguments
        self.notBefore = notBefore
        self.expiresAt = expiresAt
        self.cancel = cancel
        self.requirements = requirements
        self.windows = windows
        self.rank = rank
    }
}

/// The payload of `down/<host>/jobs`: the host's whole current job set, inside a signed envelope.
public struct JobSet: SignedIntent {
    public static let payloadType = "application/vnd.virtfleet.jobs.v1+json"
    public static let maximumJobs = 32
    public static let maximumBytes = 256 << 10
    public static let noun = "job set"
    /// How far from the controller's a host's clock may be and still be believed: so much later no host begins what has expired.
    public static let clockTolerance = Duration.seconds(600)

    public var fleet: FleetName
    public var host: HostID
    public var revision: UInt64
    public var issuedAt: Date
    public var expiresAt: Date
    public var jobs: [Job]

    public init(fleet: FleetName, host: HostID, revision: UInt64, issuedAt: Date, expiresAt: Date, jobs: [Job]) {
        self.fleet = fleet
        self.host = host
        self.revision = revision
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.jobs = jobs
    }

    public var flaw: EnvelopeFlaw? {
        if jobs.count > Self.maximumJobs {
            return EnvelopeFlaw(reason: .tooLarge, message: "\(jobs.count) jobs; at most \(Self.maximumJobs) are taken")
        }
        if Set(jobs.map(\.id)).count != jobs.count {
            return EnvelopeFlaw(reason: .malformed, message: "a job set that names a job twice")
        }
        return nil
    }
}
