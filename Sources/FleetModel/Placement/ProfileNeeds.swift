/// What a profile asks of a host.
public struct ProfileNeeds: Codable, Equatable, Sendable {
    public var name: ResourceName
    public var memoryBytes: UInt64
    public var vcpus: Int
    public var secureBoot: Bool
    public var tpm: Bool
    /// The firmware files are the profile's own, so those of the distribution are not asked for.
    public var ownFirmware: Bool
    /// The bridges its network cards hang on.
    public var bridges: [String]
    /// The interfaces that its network cards are macvtaps of.
    public var interfaces: [String]
    /// The networks of libvirt's that its network cards are on.
    public var networks: [String]
    /// What its network cards are in of a bridge's VLANs.
    public var vlans: [VLAN]
    /// It shares directories with its host.
    public var shares: Bool
    /// It has a seed disc.
    public var seed: Bool
    /// What must be free beside the image, for the VM to grow into.
    public var freeDiskBytes: UInt64

    public init(
        name: ResourceName, memoryBytes: UInt64, vcpus: Int, secureBoot: Bool = false, tpm: Bool = false,
        ownFirmware: Bool = false, bridges: [String] = [], interfaces: [String] = [],
        networks: [String] = [], vlans: [VLAN] = [], shares: Bool = false, seed: Bool = false,
        freeDiskBytes: UInt64 = 0
    ) {
        self.name = name
        self.memoryBytes = memoryBytes
        self.vcpus = vcpus
        self.secureBoot = secureBoot
        self.tpm = tpm
        self.ownFirmware = ownFirmware
        self.bridges = bridges
        self.interfaces = interfaces
        self.networks = networks
        self.vlans = vlans
        self.shares = shares
        self.seed = seed
        self.freeDiskBytes = freeDiskBytes
    }

    public struct VLAN: Codable, Equatable, Sendable {
        public var bridge: String
        public var id: Int

        public init(bridge: String, id: Int) {
            self.bridge = bridge
            self.id = id
        }
    }
}
