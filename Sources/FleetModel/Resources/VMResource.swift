import FoundationEssentials

/// `/api/v1/vms`: one VM as its host last described it.
public struct VMResource: Codable, Equatable, Sendable {
    public var vm: VMDocument
    public var host: HostID
    public var hostName: ResourceName
    public var hostState: HostResource.State
    /// When the controller last heard of the VM; its own clock.
    public var lastSeenAt: Date
    /// Latest metrics by series key; only on `GET /vms/{id}`.
    public var metrics: [String: Double]?
    public var metricsAt: Date?

    public init(
        vm: VMDocument, host: HostID, hostName: ResourceName, hostState: HostResource.State, lastSeenAt: Date,
        metrics: [String: Double]? = nil, metricsAt: Date? = nil
    ) {
        self.vm = vm
        self.host = host
        self.hostName = hostName
        self.hostState = hostState
        self.lastSeenAt = lastSeenAt
        self.metrics = metrics
        self.metricsAt = metricsAt
    }
}
