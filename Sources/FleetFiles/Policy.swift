import Configuration
import FleetModel

/// What hosts do by themselves on a schedule, with no network either: snapshots of their VMs.
public struct Policy: FleetDocument, Schedule, Equatable {
    /// Each snapshot of a VM lies over the one before: so many layers are still quick.
    public static let maximumKept = 14

    /// Labels that a host must have; every host without any.
    public var labels: [String: String] = [:]
    /// Of VMs cloned by these profiles; of all without any.
    public var profiles: [ResourceName] = []
    /// Of VMs with these names; of all without any.
    public var vms: [String] = []
    public var recurrence = "FREQ=DAILY"
    public var start = LocalTime("2026-01-01T12:30")!
    public var timeZone = Self.zoneOfHost
    /// How long after a time that was missed the snapshot is made all the same.
    public var grace = Interval.seconds(12 * 3600)
    public var keep = SnapshotRetention(last: 3, daily: 7)
    /// With less free space none is made.
    public var minimumFreeMiB = 10_240
    /// Keep the memory of guests that run as well.
    public var memory = false

    public init() {}

    public func validate(_ check: SectionCheck) {
        let graces = Interval.seconds(60)...Interval.seconds(7 * 86_400)
        if !graces.contains(grace) { check.problem("grace", "expected from 1m to 7d, got \(grace)") }
        check.range("minimumFreeMiB", minimumFreeMiB, 0...1 << 30)
        if recurrence.utf8.count > 500 { check.problem("recurrence", "expected at most 500 bytes") }
        let counts = [keep.last, keep.hourly, keep.daily, keep.weekly, keep.monthly]
        if counts.contains(where: { !(0...Self.maximumKept).contains($0) })
            || !(1...Self.maximumKept).contains(keep.total)
        {
            check.problem(
                "keep", "expected 1 to \(Self.maximumKept) snapshots in all, as each lies over the one before")
        }
    }
}

extension SnapshotRetention: ConfigurationSection {
    /// Keeps nothing.
    public init() { self.init(last: 0) }
}
