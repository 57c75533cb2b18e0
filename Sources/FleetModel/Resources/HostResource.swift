import FoundationEssentials

/// `/api/v1/hosts`: one workstation as the controller knows it.
public struct HostResource: Codable, Equatable, Sendable {
    public enum State: String, Codable, CaseIterable, Sendable {
        case online, sleeping, offline, lost
        /// Registered, but no presence has ever arrived.
        case never
    }
    public var id: HostID
    public var name: ResourceName
    public var labels: [String: String]
    public var state: State
    /// When the controller last heard of the host; its own clock.
    public var lastSeenAt: Date?
    public var createdAt: Date
    public var agentVersion: String?
    public var vmCount: Int
    /// Documents by part, as the host published them; only on `GET /hosts/{id}`.
    public var inventory: [InventoryPart: JSONValue]?

    public init(
        id: HostID, name: ResourceName, labels: [String: String], state: State, lastSeenAt: Date?, createdAt: Date,
        agentVersion: String?, vmCount: Int, inventory: [InventoryPart: JSONValue]? = nil
    ) {
        self.id = id
        self.name = name
        self.labels = labels
        self.state = state
        self.lastSeenAt = lastSeenAt
        self.createdAt = createdAt
        self.agentVersion = agentVersion
        self.vmCount = vmCount
        self.inventory = inventory
    }
}

/// `POST /api/v1/hosts`.
public struct HostRegistrationRequest: Codable, Equatable, Sendable {
    public var name: ResourceName
    public init(name: ResourceName) { self.name = name }
}

/// The answer to a registration; the only time the password is shown.
public struct HostRegistration: Codable, Equatable, Sendable {
    public var host: HostResource
    /// A complete `agent.yaml`.
    public var agentConfiguration: String
    public init(host: HostResource, agentConfiguration: String) {
        self.host = host
        self.agentConfiguration = agentConfiguration
    }
}

/// `PATCH /api/v1/hosts/{id}`: labels to set, or to remove with null.
public struct HostChange: Codable, Equatable, Sendable {
    public var labels: [String: String?]
    public init(labels: [String: String?]) { self.labels = labels }
}
