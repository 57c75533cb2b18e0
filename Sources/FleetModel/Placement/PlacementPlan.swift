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
    /// Likewise. Who gets which of them is in the plan that is made when they are there, as their groups cannot be foretold.
    public var virtualFunctions: [VirtualFunctionReservation]
    /// What concerns all VMs.
    public var warnings: [String]

    public init(
        vms: [VMPlan], hostThreads: CPUSet, pool: CPUSet, reservations: [HugePageReservation],
        virtualFunctions: [VirtualFunctionReservation] = [], warnings: [String]
    ) {
        self.vms = vms
        self.hostThreads = hostThreads
        self.pool = pool
        self.reservations = reservations
        self.virtualFunctions = virtualFunctions
        self.warnings = warnings
    }

    /// An older controller's plan has no virtual functions.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            vms: try values.decode([VMPlan].self, forKey: .vms),
            hostThreads: try values.decode(CPUSet.self, forKey: .hostThreads),
            pool: try values.decode(CPUSet.self, forKey: .pool),
            reservations: try values.decode([HugePageReservation].self, forKey: .reservations),
            virtualFunctions: try values.decodeIfPresent(
                [VirtualFunctionReservation].self, forKey: .virtualFunctions) ?? [],
            warnings: try values.decode([String].self, forKey: .warnings))
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
    /// With `graphics: auto`, why it gets no better ones, the best first.
    public var passedOver: [PlacementObstacle]

    public init(
        id: VMID, name: String, placement: VMPlacement?, obstacles: [PlacementObstacle] = [], warnings: [String] = [],
        passedOver: [PlacementObstacle] = []
    ) {
        self.id = id
        self.name = name
        self.placement = placement
        self.obstacles = obstacles
        self.warnings = warnings
        self.passedOver = passedOver
    }

    /// An older controller's plan does not tell what was passed over.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try values.decode(VMID.self, forKey: .id), name: try values.decode(String.self, forKey: .name),
            placement: try values.decodeIfPresent(VMPlacement.self, forKey: .placement),
            obstacles: try values.decode([PlacementObstacle].self, forKey: .obstacles),
            warnings: try values.decode([String].self, forKey: .warnings),
            passedOver: try values.decodeIfPresent([PlacementObstacle].self, forKey: .passedOver) ?? [])
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

/// Virtual functions (SR-IOV) that a physical one shall have, which has none.
public struct VirtualFunctionReservation: Codable, Equatable, Sendable {
    public var physicalFunction: PCIAddress
    public var count: Int

    public init(physicalFunction: PCIAddress, count: Int) {
        self.physicalFunction = physicalFunction
        self.count = count
    }
}
