import FoundationEssentials

/// `/api/v1/rollouts`: one intent for many hosts, and how far it is.
public struct RolloutResource: Codable, Equatable, Sendable {
    public var name: ResourceName
    /// The document as it was applied, every key with its value.
    public var intent: [String: JSONValue]
    /// Of the plan that it was bound to.
    public var plan: Digest
    public var state: RolloutState
    /// For people: why it halted.
    public var reason: String?
    /// 1 for the first.
    public var wave: Int
    public var waves: Int
    public var soakUntil: Date?
    public var deadline: Date
    /// How many hosts stand where.
    public var hosts: [RolloutHostState: Int]
    public var createdAt: Date
    public var createdBy: String
    public var updatedAt: Date
    /// Who has approved it.
    public var approvedBy: [String]
    /// How many people beside the one who applied it have to.
    public var approvals: Int

    public init(
        name: ResourceName, intent: [String: JSONValue], plan: Digest, state: RolloutState, reason: String?, wave: Int,
        waves: Int, soakUntil: Date?, deadline: Date, hosts: [RolloutHostState: Int], createdAt: Date,
        createdBy: String, updatedAt: Date, approvedBy: [String], approvals: Int
    ) {
        self.name = name
        self.intent = intent
        self.plan = plan
        self.state = state
        self.reason = reason
        self.wave = wave
        self.waves = waves
        self.soakUntil = soakUntil
        self.deadline = deadline
        self.hosts = hosts
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.updatedAt = updatedAt
        self.approvedBy = approvedBy
        self.approvals = approvals
    }
}

extension RolloutHostState: CodingKeyRepresentable {}

/// An item of `/api/v1/rollouts/{rollout}/hosts`.
public struct RolloutHostResource: Codable, Equatable, Sendable {
    public var host: HostID
    public var hostName: ResourceName
    public var hostState: HostResource.State
    /// When the controller last heard of the host; its own clock.
    public var lastSeenAt: Date?
    public var state: RolloutHostState
    /// Of the wave that let it begin, 1 for the first; absent before.
    public var wave: Int?
    /// How often it has been asked.
    public var attempts: Int
    /// Windows that it let pass without having begun.
    public var misses: Int
    /// The newest job of each thing that is asked of it; empty before it was asked.
    public var jobs: [JobID]
    public var reason: String?
    public var message: String?
    public var updatedAt: Date

    public init(
        host: HostID, hostName: ResourceName, hostState: HostResource.State, lastSeenAt: Date?,
        state: RolloutHostState, wave: Int?, attempts: Int, misses: Int, jobs: [JobID], reason: String?,
        message: String?, updatedAt: Date
    ) {
        self.host = host
        self.hostName = hostName
        self.hostState = hostState
        self.lastSeenAt = lastSeenAt
        self.state = state
        self.wave = wave
        self.attempts = attempts
        self.misses = misses
        self.jobs = jobs
        self.reason = reason
        self.message = message
        self.updatedAt = updatedAt
    }
}

/// `POST /api/v1/rollouts/{rollout}/{request}`.
public enum RolloutRequest: String, Codable, CaseIterable, Sendable {
    case approve, pause, resume, abort, retry
}

/// Body of `POST /api/v1/rollouts/{rollout}/retry`.
public struct RolloutRetry: Codable, Equatable, Sendable {
    /// IDs or names; all that failed or were missed when absent.
    public var hosts: [String]?
    public init(hosts: [String]? = nil) { self.hosts = hosts }
}

/// Body of `POST /api/v1/rollouts/{rollout}/plan`, and of `POST /api/v1/rollouts/{rollout}`, which needs the plan's hash.
public struct RolloutApplication: Codable, Equatable, Sendable {
    public var intent: [String: JSONValue]
    /// Of the plan that was looked at.
    public var plan: Digest?

    public init(intent: [String: JSONValue], plan: Digest? = nil) {
        self.intent = intent
        self.plan = plan
    }
}

/// The answer to `POST /api/v1/rollouts/{rollout}/plan`: what would happen on which host.
public struct RolloutPlanResource: Codable, Equatable, Sendable {
    /// Of the intent with its defaults, of the hosts and of what each would be asked.
    public var plan: Digest
    /// The intent with its defaults.
    public var intent: [String: JSONValue]
    /// How many hosts each wave lets begin, the last one's rest included.
    public var waves: [Int]
    public var hosts: [Host]

    /// One of the hosts that the selection meets, in the order of their turns; those that cannot come last.
    public struct Host: Codable, Equatable, Sendable {
        public var host: HostID
        public var hostName: ResourceName
        public var hostState: HostResource.State
        /// When the controller last heard of the host; its own clock.
        public var lastSeenAt: Date?
        /// What it would be asked, for people: one line for each job.
        public var changes: [String]
        /// What has to be transferred to it at most.
        public var bytes: UInt64
        /// When it may begin next; absent without a window.
        public var window: Occurrence?
        /// Why it cannot do it; absent when it can.
        public var obstacle: PlacementObstacle?

        public init(
            host: HostID, hostName: ResourceName, hostState: HostResource.State, lastSeenAt: Date?, changes: [String],
            bytes: UInt64, window: Occurrence?, obstacle: PlacementObstacle?
        ) {
            self.host = host
            self.hostName = hostName
            self.hostState = hostState
            self.lastSeenAt = lastSeenAt
            self.changes = changes
            self.bytes = bytes
            self.window = window
            self.obstacle = obstacle
        }
    }

    public init(plan: Digest, intent: [String: JSONValue], waves: [Int], hosts: [Host]) {
        self.plan = plan
        self.intent = intent
        self.waves = waves
        self.hosts = hosts
    }
}
