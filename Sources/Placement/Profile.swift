import FleetModel

/// How a VM is built from a template. Every key has a default.
public struct Profile: Codable, Equatable, Sendable {
    /// At least, and at most where no maximum is given.
    public var memoryMiB = 4096
    /// It gets what its host has left up to this.
    public var maximumMemoryMiB: Int?
    public var hugePages = MemoryDemand.HugePages.none
    public var vcpus = 2
    /// How the guest sees its vCPUs; decided at each start, by the host's cores, when absent.
    public var topology: VMPlacement.GuestTopology?
    public var pinning = VMDemand.Pinning.shared
    /// Its share of what floating VMs compete for: cgroup v2's cpu.weight, 1 to 10,000. Absent: 100 for each vCPU.
    public var weight: Int?
    /// PCI devices of the host, one for each selector.
    public var hostDevices: [DeviceSelector] = []
    /// USB devices of the host, which the VM has whenever they are plugged in.
    public var usbDevices: [USBDeviceID] = []
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
    public var diskCache = DiskCache.writeback
    /// What the guest gives back at once, in KiB; see `discardGranularityBytes` for what holds when absent.
    public var discardGranularityKiB: Int?
    /// Disks that the host has, after the system's and the data disk.
    public var hostDisks: [HostDisk] = []
    public var shares: [Share] = []
    /// USB devices that a person at a SPICE console can hand over at a time.
    public var usbRedirections = 2
    /// A folder of who looks at the SPICE console, as a WebDAV drive.
    public var webDAV = false
    /// What must be free on the host's disk, beyond the image, for the VM to grow into.
    public var freeDiskMiB = 2048
    /// How long an update's snapshot of what was before is kept; until somebody prunes it when absent.
    public var keepOldSystemDays: Int?
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
        try read(.usbDevices, into: &usbDevices)
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
        try read(.diskCache, into: &diskCache)
        try read(.hostDisks, into: &hostDisks)
        try read(.shares, into: &shares)
        try read(.usbRedirections, into: &usbRedirections)
        try read(.webDAV, into: &webDAV)
        try read(.freeDiskMiB, into: &freeDiskMiB)
        try read(.consoleLog, into: &consoleLog)
        try read(.seed, into: &seed)
        try read(.seedHostName, into: &seedHostName)
        try read(.guestCommands, into: &guestCommands)
        try read(.guestChecks, into: &guestChecks)
        maximumMemoryMiB = try values.decodeIfPresent(Int.self, forKey: .maximumMemoryMiB)
        weight = try values.decodeIfPresent(Int.self, forKey: .weight)
        topology = try values.decodeIfPresent(VMPlacement.GuestTopology.self, forKey: .topology)
        discardGranularityKiB = try values.decodeIfPresent(Int.self, forKey: .discardGranularityKiB)
        dataDiskGiB = try values.decodeIfPresent(Int.self, forKey: .dataDiskGiB)
        firmware = try values.decodeIfPresent(FirmwareFiles.self, forKey: .firmware)
        seedUserData = try values.decodeIfPresent(String.self, forKey: .seedUserData)
        seedNetworkConfig = try values.decodeIfPresent(String.self, forKey: .seedNetworkConfig)
        seedUnattend = try values.decodeIfPresent(String.self, forKey: .seedUnattend)
        keepOldSystemDays = try values.decodeIfPresent(Int.self, forKey: .keepOldSystemDays)
        guestAgentTimeoutSeconds = try values.decodeIfPresent(Int.self, forKey: .guestAgentTimeoutSeconds)
    }
}
