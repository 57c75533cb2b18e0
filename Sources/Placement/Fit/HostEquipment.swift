import FleetModel

/// What a host has for VMs beside cores, memory and devices: programs, files, bridges, KVM.
public struct HostEquipment: Sendable {
    public enum Program: Sendable { case qemu, libvirt, swtpm, virtiofsd, xorriso }
    /// What kind of network interface one is, as far as VMs ask.
    public enum Interface: Sendable {
        case bridge, wireless, other

        /// - Parameter kind: in the inventory's words.
        public init(kind: String) {
            self =
                switch kind {
                case "bridge": .bridge
                case "wifi", "wwan": .wireless
                default: .other
                }
        }
    }

    public var cpu: CPUDocument
    public var programs: Set<Program>
    public var firmware: [GuestFirmware]
    /// Of `programs` and `firmware`, what is not named is not there. Else it only was not seen.
    public var showsPrograms: Bool
    /// Likewise of programs that only some profiles ask for, as older agents do not look for them.
    public var showsHelpers: Bool
    /// Absent where it cannot be told.
    public var libvirtVersion: String?
    /// Libvirt's networks that are active; absent while libvirt has not been asked.
    public var networks: [String]?
    /// The network interfaces, by name; empty when they cannot be seen.
    public var interfaces: [String: Interface]

    public init(
        cpu: CPUDocument, programs: Set<Program>, firmware: [GuestFirmware], showsPrograms: Bool,
        showsHelpers: Bool, libvirtVersion: String?, networks: [String]?, interfaces: [String: Interface]
    ) {
        self.cpu = cpu
        self.programs = programs
        self.firmware = firmware
        self.showsPrograms = showsPrograms
        self.showsHelpers = showsHelpers
        self.libvirtVersion = libvirtVersion
        self.networks = networks
        self.interfaces = interfaces
    }
}
