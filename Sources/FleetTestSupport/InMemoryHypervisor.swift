import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor
import Synchronization

/// A hypervisor without guests. Its domains lie in a directory, so that whoever opens that again after a crash finds
/// them as they were, running ones included; NVRAM files come and go as with libvirt. A test decides what fails, what
/// disappears and how guests behave.
public final class InMemoryHypervisor: Hypervisor {
    public enum Operation: String, Sendable {
        case information, domains, domain, definition, define, start, shutdown, destroy, undefine, statistics
        case reboot, reset, suspend, resume, autostart, freeze, thaw, pivot, pin, weight, save, program, rename
        case startProgram = "start-program"
        case setTime = "set-time"
        case liveDefinition = "live-definition"
        case overlayDisks = "overlay-disks"
        case resizeDisk = "resize-disk"
        case plug, unplug
        case startCommit = "start-commit"
        case blockJob = "block-job"
        case startCopy = "start-copy"
        case restore, job
        case managedSave = "managed-save"
        case foreignSnapshots = "foreign-snapshots"
        case guestAgentAnswers = "guest-agent-answers"
        case guestInformation = "guest-information"
        case storagePools = "storage-pools"
        case networks
    }

    /// How a guest behaves.
    public struct Guest: Sendable {
        public var agentAnswers: Bool
        /// Whether it powers off when asked to.
        public var obeysShutdown: Bool
        /// Whether its file systems can be frozen; they take too long when nil.
        public var canFreeze: Bool?
        /// How many those are.
        public var fileSystems = 1
        /// Pausing it takes for ever.
        public var hangs = false
        /// It goes on, and libvirt does not say so as long as this holds.
        public var resumesSilently = false
        public var information: GuestInformation
        /// What becomes of each program that is started in it; nil when there is none of that path.
        public var run: @Sendable (_ path: String, _ arguments: [String]) -> GuestProgram? = { _, _ in
            GuestProgram(exitStatus: 0)
        }

        public init(
            agentAnswers: Bool = true, obeysShutdown: Bool = true, canFreeze: Bool? = true,
            information: GuestInformation = GuestInformation()
        ) {
            self.agentAnswers = agentAnswers
            self.obeysShutdown = obeysShutdown
            self.canFreeze = canFreeze
            self.information = information
        }
    }

    struct State {
        var domains: [VMID: StoredDomain] = [:]
        var connected = true
        var loss: Loss?
        var failures: [Operation: [HypervisorError]] = [:]
        var guests: [VMID: Guest] = [:]
        var statistics: [VMID: [String: DomainStatistics.Value]] = [:]
        var storagePools: [StoragePool] = []
        var networks: [String] = []
        var calls: [Operation: Int] = [:]
        var programs: [GuestProgram] = []
        var usbDevices: [DomainDefinition.USBDevice] = []
    }

    /// A call during which the daemon dies.
    struct Loss {
        /// How many calls are still answered before.
        var answered: Int
        var takesEffect: Bool
    }

    public let events = Mailbox<HypervisorEvent>(capacity: 4096)
    let directory: String
    let state: Mutex<State>

    /// - Parameter directory: where the domains lie; made when it is not there.
    public init(directory: String) throws {
        self.directory = directory
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        var loaded = State()
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) where name.hasSuffix(".json") {
            let data = try Data(contentsOf: URL(filePath: "\(directory)/\(name)"))
            let domain = try JSONDecoder().decode(StoredDomain.self, from: data)
            loaded.domains[try DomainDefinition(xml: domain.xml).id] = domain
        }
        state = Mutex(loaded)
        events.send(.connected(try state.withLock { try Self.list($0) }))
    }

    public func close() async { events.finish() }
}

/// One domain as it lies in the directory.
struct StoredDomain: Codable {
    var xml: String
    var running = false
    var paused = false
    var autostart = false
    /// What it has while it runs.
    var placement: VMPlacement?
    var frozen = false
    var managedSave = false
    /// What its guest knows for as long as it runs.
    var memory: String?
    var foreignSnapshots: [String] = []
    /// The USB devices that it has while it runs, as elements of its definition.
    var usbDevices: [String]?
    /// What waits for its pivot, by the disk's target.
    var blockJobs: [String: StoredBlockJob] = [:]
}

enum StoredBlockJob: Codable {
    /// Of the layer in use into this one.
    case commit(base: String)
    case copy(file: String)
}

/// What a test does behind the hypervisor's users' backs.
extension InMemoryHypervisor {
    /// The next calls of the operation throw these errors, one each, and do nothing.
    public func fail(_ operation: Operation, with errors: HypervisorError...) { fail(operation, with: errors) }

    public func fail(_ operation: Operation, with errors: [HypervisorError]) {
        state.withLock { $0.failures[operation, default: []] += errors }
    }

    /// How often the operation was called.
    public func calls(of operation: Operation) -> Int { state.withLock { $0.calls[operation, default: 0] } }

    public func setGuest(_ guest: Guest, of id: VMID) { state.withLock { $0.guests[id] = guest } }

    /// The statistics of a domain, by libvirt's names, instead of the few it has by itself.
    public func setStatistics(_ values: [String: DomainStatistics.Value], of id: VMID) {
        state.withLock { $0.statistics[id] = values }
    }

    public func setStoragePools(_ pools: [StoragePool]) { state.withLock { $0.storagePools = pools } }

    /// The names of the networks that are active.
    public func setNetworks(_ networks: [String]) { state.withLock { $0.networks = networks } }

    /// What is plugged into the host.
    public func setUSBDevices(_ devices: [DomainDefinition.USBDevice]) { state.withLock { $0.usbDevices = devices } }

    /// Whether the guest has been told to keep still.
    public func isFrozen(_ id: VMID) -> Bool { state.withLock { $0.domains[id]?.frozen == true } }

    /// What the guest knows; a domain that is off, or has been booted since, knows nothing.
    public func memory(of id: VMID) -> String? { state.withLock { $0.domains[id]?.memory } }

    /// The guest learns something.
    public func setMemory(_ memory: String, of id: VMID) throws {
        try state.withLock { state in
            try Self.requireRunning(id, "teach", in: state)
            var domain = try Self.find(id, "teach", in: state)
            domain.memory = memory
            try store(domain, id, in: &state)
        }
    }

    /// What libvirt keeps of a domain that virtfleet did not ask for.
    public func keep(_ id: VMID, managedSave: Bool = false, foreignSnapshots: [String] = []) throws {
        try state.withLock { state in
            var domain = try Self.find(id, "keep", in: state)
            domain.managedSave = managedSave
            domain.foreignSnapshots = foreignSnapshots
            try store(domain, id, in: &state)
        }
    }

    /// Somebody powers the domain off and undefines it.
    public func vanish(_ id: VMID) throws {
        try state.withLock { state in
            let domain = try Self.find(id, "vanish", in: state)
            if domain.running { try stop(id, detail: "destroyed", in: &state) }
            try remove(id, in: &state)
        }
    }

    /// The guest powers off or crashes by itself.
    public func powerOff(_ id: VMID, detail: String = "shutdown") throws {
        try state.withLock { state in
            _ = try Self.find(id, "power off", in: state)
            try stop(id, detail: detail, in: &state)
        }
    }

    /// The daemon goes away: every call throws `disconnected` until `reconnect()`.
    public func disconnect(reason: String = "libvirt closed the connection") {
        state.withLock { $0.connected = false }
        events.send(.disconnected(reason: reason))
    }

    public func reconnect() throws {
        try state.withLock { state in
            state.connected = true
            events.send(.connected(try Self.list(state)))
        }
    }

    /// The daemon dies during a call to come, which throws `disconnected`, and is back for the next one.
    /// - Parameters:
    ///   - call: its number from now on, from 1.
    ///   - takesEffect: whether the daemon did first what it was asked for.
    public func die(atCall call: Int, takesEffect: Bool) {
        state.withLock { $0.loss = Loss(answered: call - 1, takesEffect: takesEffect) }
    }

    /// Whether there was no such call yet.
    public var isStillToDie: Bool { state.withLock { $0.loss != nil } }
}
