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
    /// What should be its own and others have as well; absent when nothing is.
    public var sharedIdentities: [SharedIdentity]?

    /// An identity that a VM has in common with another one.
    public struct SharedIdentity: Codable, Equatable, Sendable {
        public enum Kind: String, Codable, CaseIterable, Sendable { case uuid, mac, genid }
        public var kind: Kind
        public var value: String
        /// The other VM.
        public var vm: VMID
        public var name: String
        public var hostName: ResourceName

        public init(kind: Kind, value: String, vm: VMID, name: String, hostName: ResourceName) {
            self.kind = kind
            self.value = value
            self.vm = vm
            self.name = name
            self.hostName = hostName
        }
    }

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
