import FoundationEssentials

/// Snapshots that a host makes of its VMs at given times, and which of them it keeps.
public struct SnapshotPolicy: TimedPolicy {
    public var name: ResourceName
    public var profiles: [ResourceName]?
    public var vms: [String]?
    public var times: [Date]
    public var graceSeconds: Int
    public var requirements: [String]?
    public var keep: SnapshotRetention
    /// With less free space none is made.
    public var minimumFreeMiB: UInt64?
    /// Keep the memory of guests that run as well.
    public var memory: Bool

    public init(
        name: ResourceName, profiles: [ResourceName]? = nil, vms: [String]? = nil, times: [Date], graceSeconds: Int,
        requirements: [String]? = nil, keep: SnapshotRetention, minimumFreeMiB: UInt64? = nil, memory: Bool = false
    ) {
        self.name = name
        self.profiles = profiles
        self.vms = vms
        self.times = times
        self.graceSeconds = graceSeconds
        self.requirements = requirements
        self.keep = keep
        self.minimumFreeMiB = minimumFreeMiB
        self.memory = memory
    }

    public func asks(for job: Job) -> Bool {
        [JobKindName.snapshotCreate, .snapshotDelete].contains { $0.rawValue == job.kind }
    }
}
