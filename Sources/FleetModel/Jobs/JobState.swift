import FoundationEssentials

/// Where a job stands. `planned`, `offered`, `withdrawing`, `withdrawn`, `expiring`, `expired` and `lost` belong to
/// the controller; the others are the agent's reports.
public enum JobState: String, Codable, CaseIterable, Sendable {
    case planned, offered, withdrawing, withdrawn, expiring, expired, lost
    case accepted, rejected, waiting, staging, ready, applying, verifying, succeeded, failed
    case rollingBack = "rolling-back"
    case rolledBack = "rolled-back"
    case rollbackFailed = "rollback-failed"
    case cancelled

    /// What the controller concludes without the host; any report of the host overrides it.
    public var isPresumption: Bool {
        switch self {
        case .withdrawing, .expiring, .lost: true
        default: false
        }
    }

    /// No state follows. `withdrawn` and `expired` are final for jobs that were never published, or that the host confirmed.
    public var isTerminal: Bool {
        switch self {
        case .rejected, .succeeded, .failed, .rolledBack, .rollbackFailed, .cancelled, .withdrawn, .expired: true
        default: false
        }
    }

    /// Whether a job in it has not begun, as far as is known.
    public var isBeforeStart: Bool {
        switch self {
        case .planned, .offered, .accepted, .waiting, .staging, .ready: true
        default: false
        }
    }

    public var isReportedByAgent: Bool {
        switch self {
        case .planned, .offered, .withdrawing, .expiring, .lost: false
        default: true
        }
    }

    /// The agent's own order of states.
    var successors: Set<JobState> {
        switch self {
        case .accepted: [.waiting, .staging, .ready, .cancelled, .withdrawn, .expired, .failed]
        case .waiting: [.waiting, .staging, .ready, .applying, .cancelled, .withdrawn, .expired, .failed]
        case .staging: [.staging, .waiting, .ready, .cancelled, .withdrawn, .expired, .failed]
        case .ready: [.waiting, .applying, .cancelled, .withdrawn, .expired, .failed]
        case .applying: [.applying, .verifying, .succeeded, .failed, .rollingBack]
        case .verifying: [.verifying, .succeeded, .failed, .rollingBack]
        case .rollingBack: [.rollingBack, .rolledBack, .rollbackFailed, .cancelled]
        default: []
        }
    }

    public func mayBecome(_ next: JobState) -> Bool { successors.contains(next) }
}

/// Body of `job.status`: what the agent says of one job.
public struct JobReport: Codable, Equatable, Sendable {
    public struct Step: Codable, Equatable, Sendable {
        /// 1 for the first.
        public var index: Int
        public var count: Int
        public var name: String
        public init(index: Int, count: Int, name: String) {
            self.index = index
            self.count = count
            self.name = name
        }
    }

    public var job: JobID
    public var kind: String
    public var state: JobState
    /// A stable word for `rejected`, `failed` and `waiting`: `name-exists`, `no-space`, `interrupted`, `clock`, ...
    public var reason: String?
    /// For people: what was attempted, on what, what to do next.
    public var message: String?
    public var step: Step?
    /// The VM the job made or changed.
    public var vm: VMID?
    /// Only in the last report.
    public var result: JobResult?
    /// Where the host asked itself for the job: what the controller has to know to see it.
    public var origin: Origin?

    /// What a host's own job is.
    public struct Origin: Codable, Equatable, Sendable {
        public var policy: ResourceName
        public var arguments: JSONValue
        public var expiresAt: Date

        public init(policy: ResourceName, arguments: JSONValue, expiresAt: Date) {
            self.policy = policy
            self.arguments = arguments
            self.expiresAt = expiresAt
        }
    }

    public init(
        job: JobID, kind: String, state: JobState, reason: String? = nil, message: String? = nil, step: Step? = nil,
        vm: VMID? = nil, result: JobResult? = nil, origin: Origin? = nil
    ) {
        self.job = job
        self.kind = kind
        self.state = state
        self.reason = reason
        self.message = message
        self.step = step
        self.vm = vm
        self.result = result
        self.origin = origin
    }
}

/// `up/<host>/progress`: how far a running job is.
public struct JobProgress: Codable, Equatable, Sendable {
    public var job: JobID
    public var activity: String
    /// 0 to 100.
    public var percent: Double
    public var bytesPerSecond: Double?

    public init(job: JobID, activity: String, percent: Double, bytesPerSecond: Double? = nil) {
        self.job = job
        self.activity = activity
        self.percent = percent
        self.bytesPerSecond = bytesPerSecond
    }
}
