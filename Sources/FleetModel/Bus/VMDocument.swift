import FoundationEssentials

/// `up/<host>/vm/<uuid>`, retained: what the VM is and what it does; an empty payload when it is undefined.
public struct VMDocument: Codable, Equatable, Sendable {
    /// libvirt's virDomainState, in kebab case.
    public enum State: String, Codable, CaseIterable, Sendable {
        case noState = "no-state"
        case running, blocked, paused, shutdown, shutoff, crashed
        case pmSuspended = "pm-suspended"
        /// The hypervisor cannot be reached: not known, never gone.
        case unknown

        /// The domain has a QEMU process.
        public var isActive: Bool {
            switch self {
            case .running, .blocked, .paused, .shutdown, .pmSuspended: true
            case .noState, .shutoff, .crashed, .unknown: false
            }
        }
    }

    public var id: VMID
    public var name: String
    public var state: State
    public var memoryBytes: UInt64
    public var vcpus: Int
    public var persistent: Bool
    public var autostart: Bool
    /// Whether the guest agent's channel is connected; absent when there is none.
    public var guestAgent: Bool?
    /// Set when virtfleet made it.
    public var origin: Origin?
    /// The guest's generation ID, by which Windows knows a copy; absent when it has none.
    public var genID: UUID?
    /// Of its network cards; absent when its definition could not be read.
    public var macAddresses: [MACAddress]?
    /// What the guest last told while it ran.
    public var guest: GuestInformation?
    /// Oldest first; absent when it is not known, as of a VM that virtfleet did not make.
    public var snapshots: [VMSnapshot]?
    /// The names of those that libvirt knows of, which virtfleet neither makes nor touches.
    public var foreignSnapshots: [String]?
    /// What the layers take that the VM writes to and that no snapshot holds, in whole MiB; absent without snapshots.
    public var unkeptBytes: UInt64?
    /// What it asks of its host and has of it, while it runs; absent when its definition could not be read.
    public var demand: VMDemand?
    /// Where its definition is not what its profile makes of it; absent when that is not known, as of a VM that virtfleet
    /// did not make.
    public var drift: [SettingDifference]?
    /// What `guest.exec` may run in it; absent when its definition does not hold its profile.
    public var guestCommands: [GuestCommand]?
    /// What `vm.resize` has set over what its profile says; absent when nothing.
    public var override: ProfileOverride?
    /// What becomes of it when its host sleeps or shuts down; absent when virtfleet did not make it, as it
    /// leaves it alone then.
    public var power: HostPowerPolicy?

    public struct Origin: Codable, Equatable, Sendable {
        public var job: JobID
        public var template: Digest
        public var profile: String
        /// Of the controller's profile; absent when the host's own was used.
        public var profileVersion: Int?
        public init(job: JobID, template: Digest, profile: String, profileVersion: Int? = nil) {
            self.job = job
            self.template = template
            self.profile = profile
            self.profileVersion = profileVersion
        }
    }

    public init(
        id: VMID, name: String, state: State, memoryBytes: UInt64, vcpus: Int, persistent: Bool, autostart: Bool,
        guestAgent: Bool? = nil, origin: Origin? = nil, genID: UUID? = nil, macAddresses: [MACAddress]? = nil,
        guest: GuestInformation? = nil, snapshots: [VMSnapshot]? = nil, foreignSnapshots: [String]? = nil,
        unkeptBytes: UInt64? = nil, demand: VMDemand? = nil, drift: [SettingDifference]? = nil,
        guestCommands: [GuestCommand]? = nil, override: ProfileOverride? = nil, power: HostPowerPolicy? = nil
    ) {
        self.id = id
        self.name = name
        self.state = state
        self.memoryBytes = memoryBytes
        self.vcpus = vcpus
        self.persistent = persistent
        self.autostart = autostart
        self.guestAgent = guestAgent
        self.origin = origin
        self.genID = genID
        self.macAddresses = macAddresses
        self.guest = guest
        self.snapshots = snapshots
        self.foreignSnapshots = foreignSnapshots
        self.unkeptBytes = unkeptBytes
        self.demand = demand
        self.drift = drift
        self.guestCommands = guestCommands
        self.override = override
        self.power = power
    }
}
