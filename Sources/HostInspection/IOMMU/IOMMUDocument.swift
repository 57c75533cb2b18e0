import FleetModel

/// `inventory/iommu`.
public struct IOMMUDocument: Codable, Equatable, Sendable {
    public enum Status: String, Codable, Sendable, CaseIterable {
        case enabled
        case offInFirmware = "off-in-firmware"
        case offOnCommandLine = "off-on-command-line"
        case needsArgument = "needs-argument"
        case failed
        case unsupported
        /// The tree holds no evidence either way.
        case unknown
    }

    public enum Vendor: String, Codable, Sendable { case intel, amd, other }

    public enum Mode: String, Codable, Sendable { case translated, passthrough, mixed }

    public struct Group: Codable, Equatable, Sendable {
        public var id: Int
        public var devices: [PCIAddress]
        /// `DMA`, `DMA-FQ` or `identity` (Documentation/ABI/testing/sysfs-kernel-iommu_groups).
        public var type: String?
        /// Whether VFIO would accept it now: every member is without driver, or on one that VFIO accepts.
        public var viable: Bool
        /// The members that keep it from being viable.
        public var blockers: [PCIAddress] = []
        /// Why devices that need not belong together share it.
        public var dirty: Dirt?
    }

    /// Why a group holds more than one slot's functions.
    public struct Dirt: Codable, Equatable, Sendable {
        /// The first port on the way up that does not isolate.
        public var port: PCIAddress?
        public var reason: String
        /// The best first.
        public var fixes: [String]
    }

    public var status: Status
    /// What was seen, in the order of its weight.
    public var evidence: [String]
    public var reason: String
    public var fix: String?
    public var vendor: Vendor?
    /// Absent when neither the kernel's log nor /proc/interrupts tells.
    public var interruptRemapping: Bool?
    public var mode: Mode?
    /// The groups are forced apart by `pcie_acs_override`: devices are not isolated as they seem.
    public var acsOverride: Bool
    public var groups: [Group]
}
