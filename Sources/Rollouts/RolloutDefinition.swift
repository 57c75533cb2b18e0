import FleetModel
import FoundationEssentials

/// A rollout as it was applied; nothing of it ever changes.
public struct RolloutDefinition: Codable, Equatable, Sendable {
    public var name: ResourceName
    /// The document, for people.
    public var intent: [String: JSONValue]
    /// The hash of the plan that it was bound to.
    public var plan: Digest
    /// Of the jobs, such as `vm.update`.
    public var kind: String
    public var rules: RolloutRules
    public var requirements: [JobRequirement]
    public var notice: JobNotice?
    /// The name of the window, for people.
    public var window: ResourceName?
    /// When jobs may begin up to the deadline, by time zone; any time when nil.
    public var windows: [String: [Occurrence]]?
    /// Of its start: until then every host has to have come to an end.
    public var deadlineSeconds: Int
    /// How many people beside the one who applied it have to approve it.
    public var approvals: Int
    /// Whether hosts that come to meet its selection are taken in while it runs.
    public var isContinuous: Bool

    public init(
        name: ResourceName, intent: [String: JSONValue], plan: Digest, kind: String, rules: RolloutRules,
        requirements: [JobRequirement] = [], notice: JobNotice? = nil, window: ResourceName? = nil,
        windows: [String: [Occurrence]]? = nil,
        deadlineSeconds: Int, approvals: Int = 0, isContinuous: Bool = false
    ) {
        self.name = name
        self.intent = intent
        self.plan = plan
        self.kind = kind
        self.rules = rules
        self.requirements = requirements
        self.notice = notice
        self.window = window
        self.windows = windows
        self.deadlineSeconds = deadlineSeconds
        self.approvals = approvals
        self.isContinuous = isContinuous
    }

    /// Under which conditions a host is asked at a time, and until when it has to begin.
    /// - Parameter misses: windows that it let pass.
    /// - Returns: nil when no window opens any more.
    public func conditions(
        zone: String?, misses: Int, deadline: Date, at now: Date
    ) -> (conditions: JobConditions?, expiresAt: Date)? {
        var conditions = JobConditions(
            requirements: requirements.isEmpty ? nil : requirements, notice: notice)
        var expiresAt = min(deadline, now + Double(rules.patienceSeconds))
        if let windows, rules.forceAfter.map({ misses < $0 }) ?? true {
            guard let next = windows[zone ?? ""]?.first(where: { $0.end > now }) else { return nil }
            conditions.window = window
            conditions.windows = [next]
            expiresAt = next.end
        }
        return (conditions == JobConditions() ? nil : conditions, expiresAt)
    }
}

/// A host of a rollout, and what is asked of it.
public struct RolloutTarget: Codable, Equatable, Sendable {
    public var host: HostID
    /// Its time zone, where the windows go by it.
    public var zone: String?
    /// The arguments of each job.
    public var arguments: [JSONValue]
    /// Why it cannot do it; it is only kept to be shown then.
    public var obstacle: String?

    public init(host: HostID, zone: String? = nil, arguments: [JSONValue], obstacle: String? = nil) {
        self.host = host
        self.zone = zone
        self.arguments = arguments
        self.obstacle = obstacle
    }
}
