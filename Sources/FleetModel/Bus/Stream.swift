import FoundationEssentials

/// A place in one host's durable record, as one controller's database has committed it.
public struct StreamPosition: Codable, Hashable, Sendable {
    public var store: StoreID
    public var epoch: EpochID
    /// 1 for the first record of an epoch.
    public var seq: UInt64

    public init(store: StoreID, epoch: EpochID, seq: UInt64) {
        self.store = store
        self.epoch = epoch
        self.seq = seq
    }
}

/// A place in one host's durable record, whoever has committed it.
public struct RecordPosition: Codable, Hashable, Sendable {
    public var epoch: EpochID
    public var seq: UInt64

    public init(epoch: EpochID, seq: UInt64) {
        self.epoch = epoch
        self.seq = seq
    }
}

/// The members of a stream record that order it; decoding it skips the body.
public struct StreamHeader: Codable, Equatable, Sendable {
    public var epoch: EpochID
    public var seq: UInt64
    /// Only in a `stream.dropped` record that stands for a run of dropped records: the lowest seq of the run;
    /// `seq` is the highest.
    public var from: UInt64?
    /// The lowest seq of this epoch that the spool still holds.
    public var first: UInt64
    public var time: Date
    public var bootID: String
    /// Seconds since boot, suspended time included (CLOCK_BOOTTIME).
    public var uptime: Double
    public var type: EventType

    public init(
        epoch: EpochID, seq: UInt64, from: UInt64? = nil, first: UInt64, time: Date, bootID: String, uptime: Double,
        type: EventType
    ) {
        self.epoch = epoch
        self.seq = seq
        self.from = from
        self.first = first
        self.time = time
        self.bootID = bootID
        self.uptime = uptime
        self.type = type
    }
}

/// The body of a stream record, read when its type is known.
public struct StreamBody<Body: Codable & Sendable>: Codable, Sendable {
    public var body: Body
}

/// The type of a stream record. An open set: a controller keeps types that it does not know.
public struct EventType: RawRepresentable, Codable, Hashable, Sendable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let vmLifecycle = EventType(rawValue: "vm.lifecycle")
    public static let vmReboot = EventType(rawValue: "vm.reboot")
    public static let vmWatchdog = EventType(rawValue: "vm.watchdog")
    public static let vmIOError = EventType(rawValue: "vm.io-error")
    public static let vmBlockJob = EventType(rawValue: "vm.block-job")
    public static let vmGuestAgent = EventType(rawValue: "vm.guest-agent")
    public static let jobStatus = EventType(rawValue: "job.status")
    public static let jobDeferred = EventType(rawValue: "job.deferred")
    public static let agentStarted = EventType(rawValue: "agent.started")
    public static let hypervisorConnection = EventType(rawValue: "hypervisor.connection")
    public static let securityRefused = EventType(rawValue: "security.refused")
    public static let identityTwin = EventType(rawValue: "identity.twin")
    public static let streamDropped = EventType(rawValue: "stream.dropped")
    public static let clockJumped = EventType(rawValue: "clock.jumped")
    public static let hostChanged = EventType(rawValue: "host.changed")
    public static let hostPower = EventType(rawValue: "host.power")

    public static let known: [EventType] = [
        .vmLifecycle, .vmReboot, .vmWatchdog, .vmIOError, .vmBlockJob, .vmGuestAgent, .jobStatus, .jobDeferred,
        .agentStarted, .hypervisorConnection, .securityRefused, .identityTwin, .streamDropped, .clockJumped,
        .hostChanged, .hostPower,
    ]
    /// Dropped last when the spool is full.
    public static let precious: Set<EventType> = [
        .jobStatus, .jobDeferred, .vmLifecycle, .vmReboot, .vmWatchdog, .vmIOError, .vmBlockJob, .vmGuestAgent,
        .streamDropped,
    ]
}

/// Body of the `vm.*` events.
public struct VMEvent: Codable, Equatable, Sendable {
    public var vm: VMID
    public var name: String
    /// libvirt's word in kebab case: `started`, `stopped`, `suspended`, `connected`, `ready`, ...
    public var event: String
    /// libvirt's detail of the event: `booted`, `shutdown`, `destroyed`, `ioerror`, ...
    public var detail: String?
    /// The disk or device alias the event is about.
    public var device: String?
    /// True when the agent concluded the event from a relist, not from libvirt's report.
    public var synthesised: Bool

    public init(
        vm: VMID, name: String, event: String, detail: String? = nil, device: String? = nil, synthesised: Bool = false
    ) {
        self.vm = vm
        self.name = name
        self.event = event
        self.detail = detail
        self.device = device
        self.synthesised = synthesised
    }
}

/// Body of `security.refused`, `identity.twin`, `hypervisor.connection`, `agent.started`, `clock.jumped`, `host.changed`,
/// `host.power`.
public struct HostEvent: Codable, Equatable, Sendable {
    /// A stable word: `bad-signature`, `stale-revision`, `connected`, `iommu`, ...
    public var what: String
    public var message: String

    public init(what: String, message: String) {
        self.what = what
        self.message = message
    }
}

/// Body of `stream.dropped`.
public struct DroppedRecords: Codable, Equatable, Sendable {
    public var count: UInt64
    public var bytes: UInt64
    public var message: String

    public init(count: UInt64, bytes: UInt64, message: String) {
        self.count = count
        self.bytes = bytes
        self.message = message
    }
}
