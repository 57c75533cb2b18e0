/// What one VM asks of its host, and what it holds while it runs.
public struct VMDemand: Codable, Equatable, Sendable {
    public enum Pinning: String, Codable, Sendable, CaseIterable {
        /// Its vCPUs float over the cores that nobody owns.
        case shared
        /// Whole cores while it is in the foreground, else as `shared`; changes while it runs.
        case focus
        /// Whole cores from its start to its end.
        case dedicated
    }

    public var id: VMID
    public var name: String
    public var vcpus: Int
    /// How the guest shall see them; absent: as suits the host's cores.
    public var topology: VMPlacement.GuestTopology?
    public var memory: MemoryDemand
    public var pinning: Pinning
    /// Its share of what floating VMs compete for: cgroup v2's cpu.weight, 1 to 10,000. Absent: 100 for each vCPU.
    public var weight: Int?
    public var ioThreads: Int
    /// One device each, with its companions.
    public var devices: [DeviceSelector]
    /// Absent: a virtual screen.
    public var graphics: GraphicsDemand?
    /// What it has, while it runs.
    public var running: VMPlacement?

    public init(
        id: VMID, name: String, vcpus: Int, topology: VMPlacement.GuestTopology? = nil, memory: MemoryDemand,
        pinning: Pinning = .shared, weight: Int? = nil, ioThreads: Int = 0, devices: [DeviceSelector] = [],
        graphics: GraphicsDemand? = nil,
        running: VMPlacement? = nil
    ) {
        self.id = id
        self.name = name
        self.vcpus = vcpus
        self.topology = topology
        self.memory = memory
        self.pinning = pinning
        self.weight = weight
        self.ioThreads = ioThreads
        self.devices = devices
        self.graphics = graphics
        self.running = running
    }

    /// Parts of its definition are addresses, which may belong to something else after the host's next boot.
    public var asksForDevices: Bool { needsDevices || graphics == .auto }

    /// It cannot do without.
    public var needsDevices: Bool { !requiredDevices.isEmpty }

    /// Its devices, and the one for its graphics.
    public var requiredDevices: [DeviceSelector] { devices + [graphics?.device].compactMap(\.self) }

    /// Who of several VMs that run is in the foreground is the one with pinning `focus` that has cores of its own.
    public var isInForeground: Bool { pinning == .focus && running?.processors.ownsCores == true }
}
