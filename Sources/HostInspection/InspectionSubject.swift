import FleetModel

/// What is inspected: the file tree, and what only its owner can tell of it.
public struct InspectionSubject: Sendable {
    public var root: HostRoot
    public var agentVersion: String
    /// Absent while the hypervisor cannot be reached.
    public var hypervisor: SoftwareDocument.Hypervisor?
    public var pools: [StorageDocument.Pool]
    /// Where base images and disks lie.
    public var imagesDirectory: String
    /// The PCI devices that VMs have and nobody else can, with the VM's name.
    public var assignments: [PCIAddress: String]
    /// The names of Windows VMs that are defined without the timers they need to rest.
    public var restlessVMs: [String]
    /// The profiles whose VMs the machine shall run: readiness says of each whether it fits.
    public var profiles: [ProfileNeeds]
    /// Also tell what changes by itself, such as free memory. The agent publishes documents without it: there it is a
    /// metric, or each look would be news.
    public var includesMomentary: Bool

    public init(
        root: HostRoot, agentVersion: String, hypervisor: SoftwareDocument.Hypervisor? = nil,
        pools: [StorageDocument.Pool] = [], imagesDirectory: String, assignments: [PCIAddress: String] = [:],
        restlessVMs: [String] = [], profiles: [ProfileNeeds] = [], includesMomentary: Bool = false
    ) {
        self.root = root
        self.agentVersion = agentVersion
        self.hypervisor = hypervisor
        self.pools = pools
        self.imagesDirectory = imagesDirectory
        self.assignments = assignments
        self.restlessVMs = restlessVMs
        self.profiles = profiles
        self.includesMomentary = includesMomentary
    }
}
