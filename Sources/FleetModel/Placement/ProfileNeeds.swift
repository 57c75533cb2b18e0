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
    /// What must be free beside the image, for the VM to grow into.
    public var freeDiskBytes: UInt64

    public init(
        name: ResourceName, memoryBytes: UInt64, vcpus: Int, secureBoot: Bool = false, tpm: Bool = false,
        ownFirmware: Bool = false, bridges: [String] = [], interfaces: [String] = [],
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
        self.freeDiskBytes = freeDiskBytes
    }
}
