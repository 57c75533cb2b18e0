import FleetModel
import FleetRuntime
import FoundationEssentials

/// One host's hypervisor, in libvirt's terms. Implementations hold a connection, keep it alive and reconnect by
/// themselves; a call while there is no connection throws `disconnected`.
public protocol Hypervisor: Sendable {
    /// Everything that happens, in order. One consumer. After every (re)connection comes `connected` with all domains,
    /// so that whoever keeps state can diff and conclude what was missed.
    var events: Mailbox<HypervisorEvent> { get }

    func information() async throws(HypervisorError) -> HypervisorInformation
    func domains() async throws(HypervisorError) -> [Domain]
    /// - Throws: `noSuchDomain`.
    func domain(_ id: VMID) async throws(HypervisorError) -> Domain
    /// The persistent definition (VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE).
    func definition(of id: VMID) async throws(HypervisorError) -> String
    /// What the domain is at the moment; while it does not run, its persistent definition.
    func liveDefinition(of id: VMID) async throws(HypervisorError) -> String
    /// Defines a persistent domain; replaces the definition of the same UUID.
    /// - Throws: `alreadyExists` when another domain has the name, `invalidDefinition`.
    func define(_ xml: String) async throws(HypervisorError) -> Domain
    /// Whether libvirt starts the domain when it starts itself.
    func setAutostart(_ id: VMID, _ on: Bool) async throws(HypervisorError)
    /// Gives a domain that does not run another name (virDomainRename); nothing else of it changes.
    /// - Throws: `invalidState` when it runs, or libvirt keeps saved memory or snapshots of it; `alreadyExists` when another
    ///   domain has the name.
    func rename(_ id: VMID, _ name: String) async throws(HypervisorError)
    /// - Throws: `invalidState` when it runs already.
    func start(_ id: VMID) async throws(HypervisorError)
    /// Asks the guest to shut down: through the guest agent where it is connected, else by ACPI. Returns when the
    /// request is delivered; with a guest agent that takes until the guest is off or libvirt's limit of a minute.
    func shutdown(_ id: VMID) async throws(HypervisorError)
    /// Cuts the power (virDomainDestroy).
    /// - Throws: `invalidState` when it does not run.
    func destroy(_ id: VMID) async throws(HypervisorError)
    /// Asks the guest to restart: through the guest agent where it is connected, else by ACPI. Returns as `shutdown` does.
    /// - Throws: `invalidState` when it does not run.
    func reboot(_ id: VMID) async throws(HypervisorError)
    /// Pushes the reset button (virDomainReset).
    /// - Throws: `invalidState` when it does not run.
    func reset(_ id: VMID) async throws(HypervisorError)
    /// Stops the guest's processors; its memory stays.
    /// - Throws: `invalidState` when it does not run.
    func suspend(_ id: VMID) async throws(HypervisorError)
    /// Lets a paused guest go on, or wakes one that sleeps (ACPI S3).
    /// - Throws: `invalidState` when it does neither.
    func resume(_ id: VMID) async throws(HypervisorError)
    /// Puts the guest's memory on the host's disk and switches it off; its next start goes on from there
    /// (virDomainManagedSave). Returns when all is written.
    /// - Throws: `invalidState` when it does not run, `failed` where it has what cannot be saved, such as a device of the host.
    func save(_ id: VMID) async throws(HypervisorError)
    /// Has the guest agent set the guest's clock by the hardware clock that the host gives it (virDomainSetTime with
    /// VIR_DOMAIN_TIME_SYNC).
    /// - Throws: as `guestAgentAnswers`, and `timeout`; `unsupported` as well when the domain does not run.
    func setTime(_ id: VMID, within limit: Duration) async throws(HypervisorError)
    /// Moves the vCPUs, emulator and I/O threads of a running domain to these of the host's threads, until it stops
    /// (virDomainPinVcpuFlags, virDomainPinEmulator, virDomainPinIOThread). Topology and weight stay.
    /// - Throws: `invalidState` when it does not run.
    func pin(_ id: VMID, to processors: VMPlacement.Processors) async throws(HypervisorError)
    /// Sets a running domain's share of the processors until it stops (virDomainSetSchedulerParametersFlags).
    /// - Parameter weight: cgroup v2's cpu.weight, 1 to 10,000.
    /// - Throws: `invalidState` when it does not run or is in no control group, `unsupported` where libvirt is that of a
    ///   normal user.
    func setWeight(_ id: VMID, _ weight: Int) async throws(HypervisorError)
    /// Removes the definition of a domain that does not run, with NVRAM, TPM state and managed save.
    func undefine(_ id: VMID) async throws(HypervisorError)
    /// Whether the guest agent answers within the limit, in whole seconds and at least one.
    /// - Throws: `invalidState` when the domain does not run, `unsupported` when it has no channel for a guest agent.
    func guestAgentAnswers(_ id: VMID, within limit: Duration) async throws(HypervisorError) -> Bool
    /// What the guest agent tells, each of its answers within the limit.
    /// - Throws: as `guestAgentAnswers`, and `timeout`.
    func guestInformation(_ id: VMID, within limit: Duration) async throws(HypervisorError) -> GuestInformation
    /// Has the guest agent start a program and keep what it writes (guest-exec). Who asks decides which: there is no limit
    /// here.
    /// - Parameter path: absolute, in the guest's words.
    /// - Returns: its process ID in the guest.
    /// - Throws: as `guestInformation`, and `failed` with the agent's words when there is no such program or it may not.
    func startProgram(
        _ id: VMID, _ path: String, _ arguments: [String], within limit: Duration
    ) async throws(HypervisorError) -> Int
    /// How a program that the guest agent started stands (guest-exec-status). The agent forgets one when it has told of
    /// its end.
    /// - Throws: as `startProgram`; `failed` when the agent knows nothing of it.
    func program(_ id: VMID, _ process: Int, within limit: Duration) async throws(HypervisorError) -> GuestProgram
    /// One bulk call (virConnectGetAllDomainStats with NOWAIT) on a read-only connection of its own.
    func statistics() async throws(HypervisorError) -> [DomainStatistics]
    func storagePools() async throws(HypervisorError) -> [StoragePool]
    /// The names of libvirt's active networks, sorted; none where there is no network driver.
    func networks() async throws(HypervisorError) -> [String]

    /// Has the guest agent flush the file systems and keep the guest from writing (virDomainFSFreeze). A guest that the
    /// agent answers too late for may be frozen all the same: thaw it.
    /// - Returns: how many file systems are at rest; 0 where there is none that can be.
    /// - Throws: as `guestInformation`, and `failed` when the guest cannot.
    func freeze(_ id: VMID, within limit: Duration) async throws(HypervisorError) -> Int
    /// Lets a frozen guest write again; one that is not frozen does not mind.
    /// - Throws: as `freeze`.
    func thaw(_ id: VMID, within limit: Duration) async throws(HypervisorError)
    /// From now on the running domain writes to new qcow2 overlays, all disks at one moment; what it has written so far
    /// stays as it is (virDomainSnapshotCreateXML with ATOMIC and NO_METADATA, and DISK_ONLY without memory).
    /// - Parameters:
    ///   - overlays: by the disk's target; the files must not be there yet.
    ///   - memory: where the guest's memory of that moment goes, with the definition that it runs by; nil keeps none. It is
    ///     whole when the disks are in their overlays. The guest stands still until it is written.
    func overlayDisks(_ id: VMID, _ overlays: [String: String], memory: String?) async throws(HypervisorError)
    /// Has a domain that is off go on from memory that `overlayDisks` has kept (virDomainRestoreFlags with
    /// VIR_DOMAIN_SAVE_RUNNING), under another generation ID. Its persistent definition stays.
    /// - Parameter edit: of the definition that the guest ran by: its disks' files.
    func restore(_ id: VMID, from memory: String, _ edit: DomainEdit) async throws(HypervisorError)
    /// Whether libvirt is at something with the domain that it begins and ends by itself, such as writing or reading its
    /// memory (virDomainGetJobInfo).
    func isBusy(_ id: VMID) async throws(HypervisorError) -> Bool
    /// Hands a USB device of the host over to a running domain (virDomainAttachDeviceFlags with VIR_DOMAIN_AFFECT_LIVE); its
    /// persistent definition stays.
    /// - Throws: `invalidState` when it does not run, `failed` when there is no such device, or two of them.
    func plug(_ id: VMID, _ device: USBDeviceID) async throws(HypervisorError)
    /// Takes a USB device from a running domain (virDomainDetachDeviceFlags).
    /// - Throws: `invalidState` when it does not run, `failed` when it does not have it.
    func unplug(_ id: VMID, _ device: USBDeviceID) async throws(HypervisorError)
    /// Makes a running domain's disk larger, which its guest sees at once (virDomainBlockResize).
    /// - Throws: `invalidState` when it does not run.
    func resizeDisk(_ id: VMID, _ target: String, to bytes: UInt64) async throws(HypervisorError)
    /// Starts to move what one layer of a running domain's disk holds into the layer below it (virDomainBlockCommit). The
    /// layer that the guest writes to stays in use until `pivot`; the job for any other ends by itself.
    func startCommit(_ id: VMID, disk: String, of layer: String, into base: String) async throws(HypervisorError)
    /// The job that libvirt does on a disk; nil when there is none.
    func blockJob(_ id: VMID, disk: String) async throws(HypervisorError) -> BlockJob?
    /// Ends a commit or a copy that is ready: the guest writes to the lower layer, or to the copy, from now on
    /// (VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT).
    func pivot(_ id: VMID, disk: String) async throws(HypervisorError)
    /// Gives up the job that libvirt does on a disk, which stays what it was (virDomainBlockJobAbort); that there is none is
    /// fine.
    func abortBlockJob(_ id: VMID, disk: String) async throws(HypervisorError)
    /// Starts to copy all that a running domain's disk shows into a new qcow2 file, which takes its place with `pivot`
    /// (virDomainBlockCopy).
    func startCopy(_ id: VMID, disk: String, to file: String) async throws(HypervisorError)
    /// Whether the domain's memory was saved, to be restored at its next start.
    func hasManagedSave(_ id: VMID) async throws(HypervisorError) -> Bool
    /// Forgets the saved memory; that there is none is fine.
    func removeManagedSave(_ id: VMID) async throws(HypervisorError)
    /// The names of the snapshots that libvirt itself knows of; virtfleet makes none of them.
    func foreignSnapshots(_ id: VMID) async throws(HypervisorError) -> [String]
    /// Where swtpm keeps the domain's state; nothing need be there. Nil where that is not known.
    func tpmStateDirectory(of id: VMID) -> String?

    /// Closes the connections and ends `events`. Running domains go on.
    func close() async
}

extension Hypervisor {
    public func overlayDisks(_ id: VMID, _ overlays: [String: String]) async throws(HypervisorError) {
        try await overlayDisks(id, overlays, memory: nil)
    }
}

public enum HypervisorEvent: Equatable, Sendable {
    case connected([Domain])
    case disconnected(reason: String)
    /// `started`, `stopped`, `defined`, `undefined`, `suspended`, `resumed`, `shutdown`, `crashed`, `pm-suspended`
    case lifecycle(VMID, name: String, event: String, detail: String?)
    case reboot(VMID, name: String)
    case watchdog(VMID, name: String, action: String)
    case ioError(VMID, name: String, device: String, action: String, reason: String)
    case blockJob(VMID, name: String, device: String, type: String, status: String)
    case guestAgent(VMID, name: String, connected: Bool, reason: String)
}

public struct Domain: Equatable, Sendable {
    public var id: VMID
    public var name: String
    public var state: VMDocument.State
    public var memoryBytes: UInt64
    public var vcpus: Int
    public var persistent: Bool
    public var autostart: Bool
    public var guestAgent: Bool?
    /// Read from virtfleet's element in the domain's metadata.
    public var origin: VMDocument.Origin?
    /// The host's PCI functions that the definition gives to it.
    public var hostDevices: [PCIAddress]
    /// The host's mediated devices that it gives to it.
    public var mediatedDevices: [MediatedDeviceID]
    /// What it asks of its host, from virtfleet's element in its metadata.
    public var demand: VMDemand?
    /// What becomes of it when its host sleeps or shuts down, from the same place.
    public var power: HostPowerPolicy
    /// What it has of its host while it runs, else what its definition gives to it; nil when that could not be read.
    public var placement: VMPlacement?
    /// It is defined as a Windows guest, and without the clock and timers that Windows needs to be idle when it has
    /// nothing to do.
    public var isRestless: Bool
    public var genID: UUID?
    /// Of its network cards; nil when its definition could not be read.
    public var macAddresses: [MACAddress]?
    /// The profile that it was made by starts it with its host.
    public var startsWithHost: Bool

    public init(
        id: VMID, name: String, state: VMDocument.State, memoryBytes: UInt64, vcpus: Int, persistent: Bool = true,
        autostart: Bool = false, guestAgent: Bool? = nil, origin: VMDocument.Origin? = nil,
        hostDevices: [PCIAddress] = [], mediatedDevices: [MediatedDeviceID] = [], demand: VMDemand? = nil,
        power: HostPowerPolicy = HostPowerPolicy(),
        placement: VMPlacement? = nil, isRestless: Bool = false, genID: UUID? = nil,
        macAddresses: [MACAddress]? = nil, startsWithHost: Bool = false
    ) {
        self.id = id
        self.name = name
        self.state = state
        self.memoryBytes = memoryBytes
        self.vcpus = vcpus
        self.persistent = persistent
        self.autostart = autostart
        self.guestAgent = guestAgent
        self.origin = origin
        self.hostDevices = hostDevices
        self.mediatedDevices = mediatedDevices
        self.demand = demand
        self.power = power
        self.placement = placement
        self.isRestless = isRestless
        self.genID = genID
        self.macAddresses = macAddresses
        self.startsWithHost = startsWithHost
    }
}

/// virDomainBlockJobInfo.
public struct BlockJob: Equatable, Sendable {
    /// libvirt's own measure, mostly bytes.
    public var current: UInt64
    public var end: UInt64
    /// A commit of the layer in use, or a copy, waits for its `pivot`.
    public var isReady: Bool

    public init(current: UInt64, end: UInt64, isReady: Bool) {
        self.current = current
        self.end = end
        self.isReady = isReady
    }
}

public struct HypervisorInformation: Equatable, Sendable {
    public var uri: String
    public var libvirtVersion: String
    public var hypervisorVersion: String
    public var hostname: String
    public init(uri: String, libvirtVersion: String, hypervisorVersion: String, hostname: String) {
        self.uri = uri
        self.libvirtVersion = libvirtVersion
        self.hypervisorVersion = hypervisorVersion
        self.hostname = hostname
    }
}

/// The typed parameters of one domain as libvirt names them (`cpu.time`, `block.0.rd.bytes`, ...); absent is missing.
public struct DomainStatistics: Equatable, Sendable {
    public enum Value: Equatable, Sendable {
        case integer(Int64)
        case unsigned(UInt64)
        case number(Double)
        case text(String)
        case flag(Bool)
    }
    public var id: VMID
    public var name: String
    public var values: [String: Value]
    public init(id: VMID, name: String, values: [String: Value]) {
        self.id = id
        self.name = name
        self.values = values
    }
}

public struct StoragePool: Codable, Equatable, Sendable {
    public var name: String
    public var active: Bool
    public var capacityBytes: UInt64
    public var availableBytes: UInt64
    public var path: String?
    public init(name: String, active: Bool, capacityBytes: UInt64, availableBytes: UInt64, path: String?) {
        self.name = name
        self.active = active
        self.capacityBytes = capacityBytes
        self.availableBytes = availableBytes
        self.path = path
    }
}

/// What failed, on what, in libvirt's words.
public struct HypervisorError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case disconnected, noSuchDomain = "no-such-domain", alreadyExists = "already-exists"
        case invalidState = "invalid-state", invalidDefinition = "invalid-definition", timeout, unsupported, failed
    }
    public var code: Code
    public var operation: String
    public var object: String
    public var message: String

    public init(_ code: Code, operation: String, object: String, message: String) {
        self.code = code
        self.operation = operation
        self.object = object
        self.message = message
    }

    public var description: String { "\(operation) \(object): \(message)" }
}
