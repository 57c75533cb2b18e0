/// What each VM of a host gets, or why it cannot run there. Making it changes nothing.
public struct PlacementPlan: Codable, Equatable, Sendable {
    /// By name, then by UUID.
    public var vms: [VMPlan]
    /// What the host, emulators and I/O threads run on.
    public var hostThreads: CPUSet
    /// Over which the VMs float that own no cores.
    public var pool: CPUSet
    /// To be made before the VMs start.
    public var reservations: [HugePageReservation]
    /// What concerns all VMs.
    public var warnings: [String]

    public init(
        vms: [VMPlan], hostThreads: CPUSet, pool: CPUSet, reservations: [HugePageReservation], warnings: [String]
    ) {
        self.vms = vms
        self.hostThreads = hostThreads
        self.pool = pool
        self.reservations = reservations
        self.warnings = warnings
    }
}

/// What becomes of one VM.
public struct VMPlan: Codable, Equatable, Sendable {
    public var id: VMID
    public var name: String
    /// Absent when it cannot run.
    public var placement: VMPlacement?
    /// Why it cannot run; none when it can.
    public var obstacles: [PlacementObstacle]
    /// What to know of its placement.
    public var warnings: [String]

    public init(
        id: VMID, name: String, placement: VMPlacement?, obstacles: [PlacementObstacle] = [], warnings: [String] = []
    ) {
        self.id = id
        self.name = name
        self.placement = placement
        self.obstacles = obstacles
        self.warnings = warnings
    }

    /// The first step towards running it.
    public var nearestFix: String? { obstacles.lazy.compactMap(\.fix).first }
}

/// Something that keeps a VM from running on a host.
public struct PlacementObstacle: Codable, Equatable, Sendable {
    public var reason: String
    /// The next step for a person; absent when nothing helps.
    public var fix: String?

    public init(reason: String, fix: String? = nil) {
        self.reason = reason
        self.fix = fix
    }
}

/// Huge pages that a node lacks.
public struct HugePageReservation: Codable, Equatable, Sendable {
    public var node: Int
    public var sizeBytes: UInt64
    /// To add to those that are reserved.
    public var count: UInt64

    public init(node: Int, sizeBytes: UInt64, count: UInt64) {
        self.node = node
        self.sizeBytes = sizeBytes
        self.count = count
    }
}
