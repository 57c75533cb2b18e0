import FoundationEssentials

/// `/api/v1/jobs`.
public struct JobResource: Codable, Equatable, Sendable {
    public var id: JobID
    public var host: HostID
    public var hostName: ResourceName
    public var kind: String
    public var arguments: JSONValue
    public var state: JobState
    public var cancelRequested: Bool
    public var reason: String?
    public var message: String?
    public var step: JobReport.Step?
    public var progress: JobProgress?
    public var vm: VMID?
    /// Absent in lists.
    public var result: JobResult?
    public var createdAt: Date
    public var updatedAt: Date
    public var expiresAt: Date
    /// Absent for a job that may start as soon as it can.
    public var conditions: JobConditions?
    /// Its place among the jobs of its host, where somebody has put them in order.
    public var rank: Int?
    /// The policy by which the host asked itself for it; absent for what somebody asked the controller for.
    public var policy: ResourceName?
    /// The rollout that it is a part of.
    public var rollout: ResourceName?

    public init(
        id: JobID, host: HostID, hostName: ResourceName, kind: String, arguments: JSONValue, state: JobState,
        cancelRequested: Bool, reason: String? = nil, message: String? = nil, step: JobReport.Step? = nil,
        progress: JobProgress? = nil, vm: VMID? = nil, result: JobResult? = nil, createdAt: Date,
        updatedAt: Date, expiresAt: Date, conditions: JobConditions? = nil, rank: Int? = nil,
        policy: ResourceName? = nil, rollout: ResourceName? = nil
    ) {
        self.id = id
        self.host = host
        self.hostName = hostName
        self.kind = kind
        self.arguments = arguments
        self.state = state
        self.cancelRequested = cancelRequested
        self.reason = reason
        self.message = message
        self.step = step
        self.progress = progress
        self.vm = vm
        self.result = result
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.expiresAt = expiresAt
        self.conditions = conditions
        self.rank = rank
        self.policy = policy
        self.rollout = rollout
    }
}

/// `POST /api/v1/jobs`. For `vm.clone` the image may be named as `template` and `version` in the arguments;
/// the controller fills in the rest.
public struct JobRequest: Codable, Equatable, Sendable {
    /// A host's ID or name.
    public var host: String
    public var kind: String
    public var arguments: JSONValue
    /// How long the host has to start the job; 7 days when absent.
    public var expiresInSeconds: Int?
    public var notBefore: Date?
    /// The name of a window, in which the job has to start.
    public var window: ResourceName?
    /// Once so many times of the window have passed without its start, the job may start at any time; 1 to 100.
    public var forceAfter: Int?
    public var requirements: [JobRequirement]?
    public var notice: JobNotice?

    public init(
        host: String, kind: String, arguments: JSONValue, expiresInSeconds: Int? = nil, notBefore: Date? = nil,
        window: ResourceName? = nil, forceAfter: Int? = nil, requirements: [JobRequirement]? = nil,
        notice: JobNotice? = nil
    ) {
        self.host = host
        self.kind = kind
        self.arguments = arguments
        self.expiresInSeconds = expiresInSeconds
        self.notBefore = notBefore
        self.window = window
        self.forceAfter = forceAfter
        self.requirements = requirements
        self.notice = notice
    }
}

/// `POST /api/v1/jobs/{id}/move`.
public struct JobMove: Codable, Equatable, Sendable {
    /// The job of the same host before which it shall have its turn; the last when absent.
    public var before: JobID?

    public init(before: JobID?) { self.before = before }
}
