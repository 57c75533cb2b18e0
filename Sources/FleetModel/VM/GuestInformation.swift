/// What a guest tells of itself through its agent (QEMU Guest Agent Protocol Reference: guest-get-osinfo,
/// guest-network-get-interfaces, guest-get-fsinfo, guest-get-users). What its agent does not tell is absent or empty.
public struct GuestInformation: Codable, Equatable, Sendable {
    public var hostname: String?
    /// `Windows 11 Enterprise`, `Debian GNU/Linux 12 (bookworm)`.
    public var osName: String?
    public var osVersion: String?
    public var kernel: String?
    /// Without loopback.
    public var interfaces: [Interface]
    public var fileSystems: [FileSystem]
    /// Who is logged in, sorted.
    public var users: [String]

    public struct Interface: Codable, Equatable, Sendable {
        public var name: String
        public var macAddress: MACAddress?
        /// `192.0.2.7/24`, `fe80::1/64`, as the guest lists them.
        public var addresses: [String]

        public init(name: String, macAddress: MACAddress?, addresses: [String]) {
            self.name = name
            self.macAddress = macAddress
            self.addresses = addresses
        }
    }

    public struct FileSystem: Codable, Equatable, Sendable {
        /// `/`, `C:\\`.
        public var mountPoint: String
        public var type: String?
        public var sizeBytes: UInt64?

        public init(mountPoint: String, type: String?, sizeBytes: UInt64?) {
            self.mountPoint = mountPoint
            self.type = type
            self.sizeBytes = sizeBytes
        }
    }

    public init(
        hostname: String? = nil, osName: String? = nil, osVersion: String? = nil, kernel: String? = nil,
        interfaces: [Interface] = [], fileSystems: [FileSystem] = [], users: [String] = []
    ) {
        self.hostname = hostname
        self.osName = osName
        self.osVersion = osVersion
        self.kernel = kernel
        self.interfaces = interfaces
        self.fileSystems = fileSystems
        self.users = users
    }
}
