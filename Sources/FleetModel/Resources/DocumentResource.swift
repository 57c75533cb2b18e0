import FoundationEssentials

/// What operators apply as documents that have one version, the newest.
public enum DocumentKind: String, Codable, CaseIterable, Sendable {
    /// Recurring time in which a host may be disturbed.
    case window
    /// What hosts do by themselves.
    case policy

    /// The collection's name in the API's paths.
    public var collection: String {
        switch self {
        case .window: "windows"
        case .policy: "policies"
        }
    }
}

/// `/api/v1/windows`, `/api/v1/policies`: a document as it was last applied.
public struct DocumentResource: Codable, Equatable, Sendable {
    public var name: ResourceName
    /// Every key with its value.
    public var document: [String: JSONValue]
    public var createdAt: Date
    public var updatedAt: Date

    public init(name: ResourceName, document: [String: JSONValue], createdAt: Date, updatedAt: Date) {
        self.name = name
        self.document = document
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// The answer to `POST /api/v1/windows/{name}` and `POST /api/v1/policies/{name}`.
public struct DocumentApplication: Codable, Equatable, Sendable {
    public var applied: DocumentResource
    /// Whether the document differs from what there was.
    public var changed: Bool

    public init(applied: DocumentResource, changed: Bool) {
        self.applied = applied
        self.changed = changed
    }
}

/// The answer to `GET /api/v1/windows/{name}/occurrences`.
public struct WindowOccurrences: Codable, Equatable, Sendable {
    /// The time zone in which it was reckoned.
    public var timeZone: String
    /// The one under way, if there is one, and those that come, in order.
    public var occurrences: [Occurrence]

    public init(timeZone: String, occurrences: [Occurrence]) {
        self.timeZone = timeZone
        self.occurrences = occurrences
    }
}

/// An item of `GET /api/v1/policies/{name}/hosts`: when a policy is carried out on a host that it is about.
public struct PolicyHostResource: Codable, Equatable, Sendable {
    public var host: HostID
    public var hostName: ResourceName
    /// The time zone in which the times were reckoned; absent without times, or when it is the host's own and not known.
    public var timeZone: String?
    /// The next ten; none for a policy that is not carried out at times.
    public var times: [Date]
    /// Why the policy does not reach the host; absent when it does.
    public var obstacle: String?

    public init(
        host: HostID, hostName: ResourceName, timeZone: String?, times: [Date], obstacle: String? = nil
    ) {
        self.host = host
        self.hostName = hostName
        self.timeZone = timeZone
        self.times = times
        self.obstacle = obstacle
    }
}
