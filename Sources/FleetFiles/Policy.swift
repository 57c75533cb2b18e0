import Configuration
import FleetModel

/// What hosts do by themselves, with no network either.
public struct Policy: FleetDocument, Schedule, Announced, Equatable {
    /// Each snapshot of a VM lies over the one before: so many layers are still quick.
    public static let maximumKept = 14

    public enum Action: String, Codable, CaseIterable, Sendable {
        /// Makes snapshots of VMs, and gives them up again.
        case snapshot
        /// Gives VMs a version of a template.
        case update
        /// Runs a command in guests.
        case guest
        /// Says what becomes of VMs when their host sleeps or shuts down; it has no times.
        case power
    }

    public var action = Action.snapshot
    /// Labels that a host must have; every host without any.
    public var labels: [String: String] = [:]
    /// Of VMs cloned by these profiles; of all without any.
    public var profiles: [ResourceName] = []
    /// Of VMs with these names; of all without any.
    public var vms: [String] = []

    public var recurrence = "FREQ=DAILY"
    public var start = LocalTime("2026-01-01T12:30")!
    public var timeZone = Self.zoneOfHost
    /// How long after a time that was missed it is made good.
    public var grace = Interval.seconds(12 * 3600)
    /// What a host has to meet.
    public var requirements: [JobRequirement] = []
    /// How long before its begin the person at the host is told; not at all with 0s.
    public var notice = Interval.seconds(0)
    /// How often that person may put it off.
    public var deferrals = 0

    public var keep = SnapshotRetention(last: 3, daily: 7)
    /// With less free space no snapshot is made.
    public var minimumFreeMiB = 10_240
    /// Keep the memory of guests that run as well.
    public var memory = false

    public var template: ResourceName?
    /// The newest without one.
    public var version: ResourceName?
    /// After so many missed times it waits for none any more; 0 for never.
    public var forceAfter = 0
    /// Start a VM after its update; else it is left off.
    public var startVM = true
    /// How long its guest may take to shut down before.
    public var shutdownTimeoutSeconds = 120
    /// How long its guest agent may take to answer afterwards; not waited for with 0.
    public var guestAgentTimeoutSeconds = 300

    /// One that the profiles of VMs name.
    public var command: ResourceName?

    public var onHostSleep = HostPowerPolicy.SleepAction.pause
    public var onHostShutdown = HostPowerPolicy.ShutdownAction.shutdown

    public init() {}

    public var isTimed: Bool { action != .power }

    /// Of the jobs by which it is carried out; their times follow from the schedule.
    public var conditions: JobConditions {
        JobConditions(
            forceAfter: forceAfter == 0 ? nil : forceAfter, requirements: requirements, notice: jobNotice)
    }
}

extension SnapshotRetention: ConfigurationSection {
    /// Keeps nothing.
    public init() { self.init(last: 0) }
}
