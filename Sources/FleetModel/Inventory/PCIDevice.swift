/// One PCI function, as the entry of `inventory/pci` and of `virtfleet-agent inspect`. What cannot be found out is
/// absent (Documentation/ABI/testing/sysfs-bus-pci).
public struct PCIDevice: Codable, Equatable, Sendable {
    public var address: PCIAddress
    /// Base class and subclass.
    public var deviceClass: PCIClass?
    /// Four lowercase hexadecimal digits, as all IDs here.
    public var vendor: String?
    public var device: String?
    public var subsystemVendor: String?
    public var subsystemDevice: String?
    /// Two digits.
    public var revision: String?
    /// From the PCI ID database.
    public var vendorName: String?
    public var deviceName: String?
    /// The driver that is bound; absent when none is.
    public var driver: String?
    /// Modules of this kernel that could drive it, from modules.alias.
    public var driverAlternatives: [String] = []
    public var iommuGroup: Int?
    /// The bridge above; absent on a root bus.
    public var parent: PCIAddress?
    /// From the root bus down, device and function of each hop: `0000:00/01.0/00.0`. It lasts when bus numbers move.
    public var portPath: String?
    public var numaNode: Int?
    public var link: Link?
    /// `flr`, `pm`, `bus`, ... in the order in which the kernel tries them; empty when it cannot be reset.
    public var resetMethods: [String]?
    /// What a reset between two VMs would do; absent while `resetMethods` is.
    public var resetRisk: ResetRisk?
    /// Of a port or bridge of PCI Express; who is not root cannot see it.
    public var portKind: PortKind?
    /// Of a port or bridge; who is not root cannot see it.
    public var acs: AccessControl?
    public var sriov: SRIOV?
    /// The physical function of a virtual one.
    public var physicalFunction: PCIAddress?
    public var mediatedTypes: [MediatedType] = []
    /// NVIDIA's own files, which newer kernels have in place of mediated types.
    public var virtualGPU: VirtualGPU?
    /// The firmware showed its picture here.
    public var bootVGA: Bool?
    /// The kernel's boot framebuffer lies in one of its memory ranges.
    public var bootFramebuffer: Bool?
    public var gpu: GPU?
    /// What the host itself uses it for.
    public var hostUses: [HostUse] = []
    public var passthrough: Passthrough

    /// With what is told of most functions; the other members are set one by one.
    public init(
        address: PCIAddress, deviceClass: PCIClass? = nil, vendor: String? = nil, device: String? = nil,
        driver: String? = nil, iommuGroup: Int? = nil, portPath: String? = nil, gpu: GPU? = nil,
        passthrough: Passthrough
    ) {
        self.address = address
        self.deviceClass = deviceClass
        self.vendor = vendor
        self.device = device
        self.driver = driver
        self.iommuGroup = iommuGroup
        self.portPath = portPath
        self.gpu = gpu
        self.passthrough = passthrough
    }

    enum CodingKeys: String, CodingKey {
        case address, vendor, device, subsystemVendor, subsystemDevice, revision, vendorName, deviceName, driver
        case driverAlternatives, iommuGroup, parent, portPath, numaNode, link, resetMethods, acs, sriov, resetRisk,
            virtualGPU, portKind
        case physicalFunction, mediatedTypes, bootVGA, bootFramebuffer, gpu, hostUses, passthrough
        case deviceClass = "class"
    }

    public enum ResetRisk: String, Codable, Sendable {
        /// It alone is reset.
        case none
        /// The kernel knows no way: what one VM leaves in it, the next one finds.
        case impossible
        /// Only its whole bus can be reset, and others are on it.
        case neighbours
    }

    public struct Link: Codable, Equatable, Sendable {
        /// GT/s a lane, as `width` only when momentary facts were asked for: a device that saves power runs slower.
        public var speed: Double?
        public var width: Int?
        public var maximumSpeed: Double?
        public var maximumWidth: Int?

        public init(speed: Double? = nil, width: Int? = nil, maximumSpeed: Double? = nil, maximumWidth: Int? = nil) {
            self.speed = speed
            self.width = width
            self.maximumSpeed = maximumSpeed
            self.maximumWidth = maximumWidth
        }
    }

    public enum PortKind: String, Codable, Sendable {
        case root, upstream, downstream
        /// A bridge down to conventional PCI, whose devices all speak with the bridge's voice.
        case toConventional = "to-conventional"
        case fromConventional = "from-conventional"
    }

    /// Access Control Services of a port: extended capability 0x000d (PCI Express Base Specification).
    public struct AccessControl: Codable, Equatable, Sendable {
        /// Whether the port has the capability at all.
        public var capable: Bool
        /// Source validation, request and completion redirect and upstream forwarding, as far as the port has them,
        /// are on.
        public var isolates: Bool

        public init(capable: Bool, isolates: Bool) {
            self.capable = capable
            self.isolates = isolates
        }
    }

    /// Single Root I/O Virtualization of a physical function.
    public struct SRIOV: Codable, Equatable, Sendable {
        public var total: Int
        public var current: Int
        /// The device ID of the virtual functions.
        public var virtualDevice: String?
        /// Whether the host's driver takes virtual functions as they appear.
        public var driversAutoprobe: Bool?

        public init(total: Int, current: Int, virtualDevice: String? = nil, driversAutoprobe: Bool? = nil) {
            self.total = total
            self.current = current
            self.virtualDevice = virtualDevice
            self.driversAutoprobe = driversAutoprobe
        }
    }

    /// A virtual GPU or other mediated device that this one can make
    /// (Documentation/driver-api/vfio-mediated-device.rst).
    public struct MediatedType: Codable, Equatable, Sendable {
        public var id: String
        public var name: String?
        public var description: String?
        /// How many can be made beside those that there are.
        public var available: Int?
        /// `vfio-pci` for what a VM gets as a PCI device.
        public var deviceAPI: String?
        /// Those that there are, whoever made them.
        public var devices: [MediatedDeviceID]?

        public init(
            id: String, name: String? = nil, description: String? = nil, available: Int? = nil,
            deviceAPI: String? = nil, devices: [MediatedDeviceID]? = nil
        ) {
            self.id = id
            self.name = name
            self.description = description
            self.available = available
            self.deviceAPI = deviceAPI
            self.devices = devices
        }
    }

    /// `nvidia/` below the device, of NVIDIA's vGPU driver on kernels whose VFIO has no mediated devices for it.
    public struct VirtualGPU: Codable, Equatable, Sendable {
        /// The types that can be made now, by number.
        public var creatableTypes: [MediatedType]
        /// The number of the type that is set; absent when none is.
        public var currentType: String?

        public init(creatableTypes: [MediatedType], currentType: String? = nil) {
            self.creatableTypes = creatableTypes
            self.currentType = currentType
        }
    }

    /// Whether a VM can have it, and what that takes.
    public struct Passthrough: Codable, Equatable, Sendable {
        public var verdict: Verdict
        /// The companions that go along, or the devices in the way. Never a root port or other PCI-to-PCI bridge.
        public var with: [PCIAddress] = []
        public var reason: String
        /// The next step for a person; absent when nothing is wrong or nothing helps.
        public var fix: String?
        public var warnings: [String] = []

        public init(
            verdict: Verdict, with: [PCIAddress] = [], reason: String, fix: String? = nil, warnings: [String] = []
        ) {
            self.verdict = verdict
            self.with = with
            self.reason = reason
            self.fix = fix
            self.warnings = warnings
        }
    }

    public enum Verdict: String, Codable, Sendable, CaseIterable {
        case pass
        case passWithCompanions = "pass-with-companions"
        case notSeparable = "not-separable"
        case never, blocked
    }
}

extension PCIDevice {
    /// The address, and what it is as far as that is known: `0000:00:14.2 (class 0500)`.
    public var summary: String {
        if let deviceName { return "\(address) (\(deviceName))" }
        return deviceClass.map { "\(address) (class \($0))" } ?? "\(address)"
    }
}
