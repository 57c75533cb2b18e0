import FoundationEssentials

/// A line of JSON to the agent's Unix socket, from a person at the host.
public struct LocalRequest: Codable, Equatable, Sendable {
    public enum Call: String, Codable, CaseIterable, Sendable {
        /// The jobs that have not ended.
        case jobs
        /// Put a job off that is announced.
        case putOff = "defer"
    }
    public static let maximumBytes = 4096

    public var call: Call
    /// Of `defer`; the one that is announced when absent.
    public var job: JobID?
    /// Of `defer`, within `JobDeferral.seconds`; `JobDeferral.defaultSeconds` when absent.
    public var seconds: Int?

    public init(call: Call, job: JobID? = nil, seconds: Int? = nil) {
        self.call = call
        self.job = job
        self.seconds = seconds
    }
}

/// The line of JSON that comes back.
public struct LocalReply: Codable, Equatable, Sendable {
    /// Of `jobs` all of them, of `defer` the one that was put off.
    public var jobs: [LocalJob]?
    /// Why there is no answer: what was attempted, on what, what to do next.
    public var problem: String?

    public init(jobs: [LocalJob]? = nil, problem: String? = nil) {
        self.jobs = jobs
        self.problem = problem
    }
}

/// A job as the person at the host sees it.
public struct LocalJob: Codable, Equatable, Sendable {
    public var id: JobID
    public var kind: String
    public var vm: VMID?
    public var state: JobState
    public var reason: String?
    public var message: String?
    /// When it begins, where that is announced.
    public var beginsAt: Date?
    /// How often it may still be put off, where it may be at all.
    public var deferralsLeft: Int?
    public var expiresAt: Date

    public init(
        id: JobID, kind: String, vm: VMID? = nil, state: JobState, reason: String? = nil, message: String? = nil,
        beginsAt: Date? = nil, deferralsLeft: Int? = nil, expiresAt: Date
    ) {
        self.id = id
        self.kind = kind
        self.vm = vm
        self.state = state
        self.reason = reason
        self.message = message
        self.beginsAt = beginsAt
        self.deferralsLeft = deferralsLeft
        self.expiresAt = expiresAt
    }
}
