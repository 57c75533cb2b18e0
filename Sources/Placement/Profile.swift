import FleetModel

/// How a VM is built from a template. Every key has a default.
public struct Profile: Codable, Equatable, Sendable {
    /// At least, and at most where no maximum is given.
    public var memoryMiB = 4096
    /// It gets what its host has left up to this.
    public var maximumMemoryMiB: Int?
    public var hugePages = MemoryDemand.HugePages.none
    public var vcpus = 2
    public var pinning = VMDemand.Pinning.shared
    /// Its share of what floating VMs compete for: cgroup v2's cpu.weight, 1 to 10,000. Absent: 100 for each vCPU.
    public var weight: Int?
    /// PCI devices of the host, one for each selector.
    public var hostDevices: [DeviceSelector] = []
    public var guestOS = GuestOS.linux
    /// The guest is not told that it is in a VM, for drivers that refuse to work there.
    public var hidesHypervisor = false
    /// UEFI with Secure Boot and Microsoft's keys enrolled; without it, plain UEFI.
    public var secureBoot = false
    /// The firmware's code and its empty variable store, where those of the distribution shall not be used.
    public var firmware: FirmwareFiles?
    /// A TPM 2.0 with fresh state.
    public var tpm = true
    /// One network card each, in this order.
    public var networks = [Network.user]
    public var console = VMConsole.none
    public var graphics = GraphicsDemand.virtio
    /// Start the VM with its host.
    public var autostart = false
    /// What becomes of the VM while its host sleeps, and when that shuts down.
    public var onHostSleep = HostPowerPolicy.SleepAction.pause
    public var onHostShutdown = HostPowerPolicy.ShutdownAction.shutdown
    /// Threads of QEMU for the disks' work; without one it is done beside everything else.
    public var ioThreads = 0
    public var diskBus = DiskBus.scsi
    public var systemDisk = SystemDisk.auto
    /// A disk of its own for what shall outlive updates of the template, empty at first.
    public var dataDiskGiB: Int?
    /// What must be free on the host's disk, beyond the image, for the VM to grow into.
    public var freeDiskMiB = 2048
    /// The job succeeds only when the guest agent answers within this time of the start; not waited for when absent.
    public var guestAgentTimeoutSeconds: Int?
    /// Append the guest's serial console to a file beside its disk.
    public var consoleLog = false
    public var seed = Seed.none
    /// What the guest calls itself: a text with `{vm}`, the VM's name, and `{host}`, the machine's.
    public var seedHostName = "{vm}"
    /// The seed disc's `user-data`. No secrets: whoever uses the guest can read it.
    public var seedUserData: String?
    /// Its `network-config`.
    public var seedNetworkConfig: String?
    /// Its answer file for Windows, in which `{{ComputerName}}` is the guest's name.
    public var seedUnattend: String?
    /// What `guest.exec` may run in the guest, and nothing else.
    public var guestCommands: [GuestCommand] = []
    /// Commands of these that must end with 0 before a clone or an update counts as done.
    public var guestChecks: [ResourceName] = []

    public init() {}

    public init(from decoder: any Decoder) throws {
        self.init()
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func read<Value: Decodable>(_ key: CodingKeys, into value: inout Value) throws {
            if let found = try values.decodeIfPresent(Value.self, forKey: key) { value = found }
        }
        try read(.memoryMiB, into: &memoryMiB)
        try read(.hugePages, into: &hugePages)
        try read(.vcpus, into: &vcpus)
        try read(.pinning, into: &pinning)
        try read(.hostDevices, into: &hostDevices)
        try read(.guestOS, into: &guestOS)
        try read(.hidesHypervisor, into: &hidesHypervisor)
        try read(.secureBoot, into: &secureBoot)
        try read(.tpm, into: &tpm)
        try read(.networks, into: &networks)
        try read(.console, into: &console)
        try read(.graphics, into: &graphics)
        try read(.autostart, into: &autostart)
        try read(.onHostSleep, into: &onHostSleep)
        try read(.onHostShutdown, into: &onHostShutdown)
        try read(.ioThreads, into: &ioThreads)
        try read(.diskBus, into: &diskBus)
        try read(.systemDisk, into: &systemDisk)
        try read(.freeDiskMiB, into: &freeDiskMiB)
        try read(.consoleLog, into: &consoleLog)
        try read(.seed, into: &seed)
        try read(.seedHostName, into: &seedHostName)
        try read(.guestCommands, into: &guestCommands)
        try read(.guestChecks, into: &guestChecks)
        maximumMemoryMiB = try values.decodeIfPresent(Int.self, forKey: .maximumMemoryMiB)
        weight = try values.decodeIfPresent(Int.self, forKey: .weight)
        dataDiskGiB = try values.decodeIfPresent(Int.self, forKey: .dataDiskGiB)
        firmware = try values.decodeIfPresent(FirmwareFiles.self, forKey: .firmware)
        seedUserData = try values.decodeIfPresent(String.self, forKey: .seedUserData)
        seedNetworkConfig = try values.decodeIfPresent(String.self, forKey: .seedNetworkConfig)
        seedUnattend = try values.decodeIfPresent(String.self, forKey: .seedUnattend)
        guestAgentTimeoutSeconds = try values.decodeIfPresent(Int.self, forKey: .guestAgentTimeoutSeconds)
    }

    /// `user`, `bridge:NAME`, or `sriov:ID` and `sriov:PORTPATH`.
    public enum Network: TextIdentifier {
        case user
        case bridge(String)
        /// A virtual function of the host's network card.
        case sriov(DeviceSelector)

        public static var expectation: String {
            "'user', 'bridge:NAME', such as bridge:br0, or 'sriov:ID', such as sriov:8086:1521, or 'sriov:PORTPATH'"
        }

        public init?(_ text: String) {
            let prefix = "bridge:"
            if text == "user" {
                self = .user
                // IFNAMSIZ leaves 15 bytes; a slash would leave /sys/class/net.
            } else if text.hasPrefix(prefix), (1...15).contains(text.utf8.count - prefix.utf8.count),
                !text.contains("/"), !text.hasSuffix(":.")
            {
                self = .bridge(String(text.dropFirst(prefix.count)))
            } else if text.hasPrefix("sriov:"), let selector = Self.virtualFunction(text.dropFirst(6)) {
                self = .sriov(selector)
            } else {
                return nil
            }
        }

        private static func virtualFunction(_ text: Substring) -> DeviceSelector? {
            let id = PCIDeviceID(String(text))
            guard id != nil || text.contains("/") else { return nil }
            return DeviceSelector(
                role: .nic, id: id, portPath: id == nil ? String(text) : nil, virtualFunction: true)
        }

        public var description: String {
            switch self {
            case .user: "user"
            case .bridge(let name): "bridge:\(name)"
            case .sriov(let selector): "sriov:\(selector.id?.description ?? selector.portPath ?? "")"
            }
        }
    }
}
