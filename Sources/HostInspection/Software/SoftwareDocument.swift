import FleetModel

/// `inventory/software`.
public struct SoftwareDocument: Codable, Equatable, Sendable {
    /// The hypervisor's own answer.
    public struct Hypervisor: Codable, Equatable, Sendable {
        public var uri: String
        public var libvirtVersion: String
        /// QEMU's.
        public var version: String
        /// The networks of libvirt's that are active.
        public var networks: [String]?

        public init(uri: String, libvirtVersion: String, version: String, networks: [String]? = nil) {
            self.uri = uri
            self.libvirtVersion = libvirtVersion
            self.version = version
            self.networks = networks
        }
    }

    /// A group that opens something to its members (group(5)).
    public struct Group: Codable, Equatable, Sendable {
        public var name: String
        public var members: [String]
    }

    public var hostname: String?
    /// os-release(5).
    public var osName: String?
    public var osID: String?
    public var osVersion: String?
    /// The release of the kernel that runs: `6.1.0-22-amd64`.
    public var kernel: String?
    public var architecture: String?
    /// What the kernel was started with.
    public var commandLine: String?
    /// The build options that decide what it can, `INTEL_IOMMU` and so on: `y`, `m` or `n`, or a value. Those of
    /// which its configuration says nothing are absent, and so are all when it cannot be read.
    public var kernelOptions: [String: String] = [:]
    /// The modules that matter to VMs.
    public var modules: [KernelModule] = []
    /// Module parameters that matter, `kvm.ignore_msrs`, as they are set now.
    public var moduleParameters: [String: String] = [:]
    public var boot: Boot
    public var initramfs: InitramfsTool?
    /// What of the machine's system cannot be changed in place.
    public var immutability: Immutability?
    public var components: Components
    /// The UEFI firmware that VMs can have, the preferred one first.
    public var firmware: [GuestFirmware] = []
    public var protection: QEMUProtection
    /// `kvm` and `libvirt`, where they exist.
    public var groups: [Group] = []
    /// Those of them that the inspecting user is in; only of the running machine, and only when momentary facts were
    /// asked for.
    public var ownGroups: [String]?
    public var clock: ClockService
    public var agentVersion: String
    public var hypervisor: Hypervisor?
}
