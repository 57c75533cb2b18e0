import FleetModel

/// Finds out one part of the inventory. A document holds what the machine *is*: a value that changes by itself (free
/// memory, free space, load) is a metric, or the part would be sent again at every look.
protocol Inspector: Sendable {
    var part: InventoryPart { get }
    /// What cannot be found out is absent from the document.
    func inspect(_ subject: InspectionSubject) -> any Encodable
}

/// What is inspected: the file tree, and what only its owner can tell of it.
public struct InspectionSubject: Sendable {
    public var root: HostRoot
    public var agentVersion: String
    /// Absent while the hypervisor cannot be reached.
    public var hypervisor: SoftwareDocument.Hypervisor?
    public var pools: [StorageDocument.Pool]
    /// Where base images and disks lie.
    public var imagesDirectory: String

    public init(
        root: HostRoot, agentVersion: String, hypervisor: SoftwareDocument.Hypervisor? = nil,
        pools: [StorageDocument.Pool] = [], imagesDirectory: String
    ) {
        self.root = root
        self.agentVersion = agentVersion
        self.hypervisor = hypervisor
        self.pools = pools
        self.imagesDirectory = imagesDirectory
    }
}
