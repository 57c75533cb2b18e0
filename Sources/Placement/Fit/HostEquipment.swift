import FleetModel

/// What a host has for VMs beside cores, memory and devices: programs, files, bridges, KVM.
public struct HostEquipment: Sendable {
    public enum Program: Sendable { case qemu, libvirt, swtpm }

    public var cpu: CPUDocument
    public var programs: Set<Program>
    public var firmware: [GuestFirmware]
    /// Of `programs` and `firmware`, what is not named is not there. Else it only was not seen.
    public var showsPrograms: Bool
    /// The network interfaces, by name, with whether each is a bridge; empty when they cannot be seen.
    public var interfaces: [String: Bool]

    public init(
        cpu: CPUDocument, programs: Set<Program>, firmware: [GuestFirmware], showsPrograms: Bool,
        interfaces: [String: Bool]
    ) {
        self.cpu = cpu
        self.programs = programs
        self.firmware = firmware
        self.showsPrograms = showsPrograms
        self.interfaces = interfaces
    }
}
