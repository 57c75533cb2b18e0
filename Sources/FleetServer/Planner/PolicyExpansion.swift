import FleetFiles
import FleetModel
import FoundationEssentials
import Recurrence

/// A policy as it was last applied, with what its names stand for now.
struct AppliedPolicy {
    var name: ResourceName
    var policy: Policy
    /// What an update brings; nil for other actions.
    var image: ImageReference?
    /// Nothing of before was missed.
    var since: Date

    /// Whether it goes by a host's own time zone, which nobody knows.
    func lacksTimeZone(_ hostZone: String?) -> Bool { policy.isTimed && policy.lacksTimeZone(hostZone) }
}

/// Policies as a host gets them: with the times at which it carries them out, by its clock. Pure.
struct PolicyExpansion {
    /// What a host knows reaches so far at least; it is told more each day.
    private static let horizon = 120 * day
    private static let day = 86_400.0
    /// Of all its policies: a desired state has room for so many. Three hourly policies still reach 90 days with that.
    private static let maximumTimes = 7000

    private(set) var policies = PolicySet()
    private(set) var leftOut: [(name: ResourceName, problem: InvalidRecurrence)] = []

    /// - Parameter hostZone: the host's own time zone; nil when it is not known.
    init(of applied: [AppliedPolicy], hostZone: String?, at now: Date) {
        let share = Self.maximumTimes / max(1, applied.count { $0.policy.isTimed })
        for one in applied {
            do {
                try add(one, one.policy.isTimed ? Self.times(of: one, hostZone, now, limit: share) : [])
            } catch {
                leftOut.append((one.name, error))
            }
        }
    }

    /// From the day's begin, so that they stay the same for a day. The day before is in them for hosts that have still to make good
    /// what they missed.
    private static func times(
        of applied: AppliedPolicy, _ hostZone: String?, _ now: Date, limit: Int
    ) throws(InvalidRecurrence) -> [Date] {
        let today = Date(timeIntervalSince1970: (now.timeIntervalSince1970 / day).rounded(.down) * day)
        let reach = max(day, applied.policy.grace.duration.seconds)
        let calendar = try ScheduleCalendar(applied.policy, hostZone: hostZone)
        let from = max(applied.since, today - reach)
        let times = calendar.times(from: from, until: today + horizon, limit: limit)
        // Of what seldom recurs, as many as can be missed until it is forced.
        let least = min(applied.policy.forceAfter + 2, limit)
        return times.count >= least ? times : calendar.times(from: from, limit: least)
    }

    private mutating func add(_ applied: AppliedPolicy, _ times: [Date]) {
        let (name, policy) = (applied.name, applied.policy)
        let profiles = policy.profiles.isEmpty ? nil : policy.profiles
        let vms = policy.vms.isEmpty ? nil : policy.vms
        let grace = Int(policy.grace.duration.seconds)
        let words = JobTerms(policy.conditions).words
        let requirements = words.isEmpty ? nil : words
        switch policy.action {
        case .snapshot:
            policies.snapshots.append(
                SnapshotPolicy(
                    name: name, profiles: profiles, vms: vms, times: times, graceSeconds: grace,
                    requirements: requirements, keep: policy.keep,
                    minimumFreeMiB: policy.minimumFreeMiB == 0 ? nil : UInt64(policy.minimumFreeMiB),
                    memory: policy.memory))
        case .update:
            guard let image = applied.image else { return }
            policies.updates.append(
                UpdatePolicy(
                    name: name, profiles: profiles, vms: vms, times: times, graceSeconds: grace,
                    requirements: requirements, image: image, start: policy.startVM,
                    shutdownTimeoutSeconds: policy.shutdownTimeoutSeconds,
                    guestAgentTimeoutSeconds: policy.guestAgentTimeoutSeconds == 0
                        ? nil : policy.guestAgentTimeoutSeconds))
        case .guest:
            guard let command = policy.command else { return }
            policies.guestCommands.append(
                GuestCommandPolicy(
                    name: name, profiles: profiles, vms: vms, times: times, graceSeconds: grace,
                    requirements: requirements, command: command))
        case .power:
            policies.power.append(
                PowerPolicy(
                    name: name, profiles: profiles, vms: vms,
                    power: HostPowerPolicy(onSleep: policy.onHostSleep, onShutdown: policy.onHostShutdown)))
        }
    }
}
