import FoundationEssentials

/// The payload of `down/<host>/desired`: what a host does by itself, with no network either, inside a signed envelope.
public struct DesiredState: SignedIntent {
    public static let payloadType = "application/vnd.virtfleet.desired.v1+json"
    public static let maximumBytes = 256 << 10
    public static let noun = "desired state"
    public static let maximumPolicies = 16

    public var fleet: FleetName
    public var host: HostID
    public var revision: UInt64
    public var issuedAt: Date
    public var expiresAt: Date
    public var policies: [SnapshotPolicy]
    /// The controller's keys that the host trusts from now on, in place of those it trusted before; nil leaves them as they are.
    public var keys: [VerifyingKey]?

    public init(
        fleet: FleetName, host: HostID, revision: UInt64, issuedAt: Date, expiresAt: Date, policies: [SnapshotPolicy],
        keys: [VerifyingKey]? = nil
    ) {
        self.fleet = fleet
        self.host = host
        self.revision = revision
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.policies = policies
        self.keys = keys
    }

    public var flaw: EnvelopeFlaw? {
        // Whoever trusts nobody can never be told anything again.
        if keys?.isEmpty == true {
            return EnvelopeFlaw(reason: .malformed, message: "a desired state that leaves no key to be trusted")
        }
        if policies.count > Self.maximumPolicies {
            return EnvelopeFlaw(
                reason: .tooLarge, message: "\(policies.count) policies; at most \(Self.maximumPolicies) are taken")
        }
        if Set(policies.map(\.name)).count != policies.count {
            return EnvelopeFlaw(reason: .malformed, message: "a desired state that names a policy twice")
        }
        return nil
    }
}

/// Snapshots that a host makes of its VMs at given times, and which of them it keeps.
public struct SnapshotPolicy: Codable, Equatable, Sendable {
    public var name: ResourceName
    /// The names of profiles; VMs cloned by others are left alone. All VMs that virtfleet made when nil.
    public var profiles: [ResourceName]?
    /// The names of VMs; others are left alone.
    public var vms: [String]?
    /// When, in order: agents carry no calendar.
    public var times: [Date]
    /// How long after a time that was missed it is made good.
    public var graceSeconds: Int
    public var keep: SnapshotRetention
    /// With less free space none is made.
    public var minimumFreeMiB: UInt64?
    /// Keep the memory of guests that run as well.
    public var memory: Bool

    public init(
        name: ResourceName, profiles: [ResourceName]? = nil, vms: [String]? = nil, times: [Date], graceSeconds: Int,
        keep: SnapshotRetention, minimumFreeMiB: UInt64? = nil, memory: Bool = false
    ) {
        self.name = name
        self.profiles = profiles
        self.vms = vms
        self.times = times
        self.graceSeconds = graceSeconds
        self.keep = keep
        self.minimumFreeMiB = minimumFreeMiB
        self.memory = memory
    }

    /// Whether it is about a VM.
    public func concerns(vm: String, profile: String) -> Bool {
        (profiles?.contains { $0.description == profile } ?? true) && (vms?.contains(vm) ?? true)
    }
}

/// Which snapshots a policy keeps, of those that it made: the newest ones, and of each of the newest hours, days, weeks and
/// months that have one the newest. Days are UTC's, weeks begin on Monday.
public struct SnapshotRetention: Codable, Equatable, Sendable {
    public var last: Int
    public var hourly: Int
    public var daily: Int
    public var weekly: Int
    public var monthly: Int

    public init(last: Int = 0, hourly: Int = 0, daily: Int = 0, weekly: Int = 0, monthly: Int = 0) {
        self.last = last
        self.hourly = hourly
        self.daily = daily
        self.weekly = weekly
        self.monthly = monthly
    }

    /// How many it keeps at most.
    public var total: Int { last + hourly + daily + weekly + monthly }

    /// Those to be given up, oldest first. A pinned one is never among them, and takes no other's place.
    /// - Parameter snapshots: all of one VM's, in any order; those that another policy or a person made are passed over.
    public func expendable(_ snapshots: [VMSnapshot], of policy: ResourceName) -> [VMSnapshot] {
        let own = snapshots.filter { $0.policy == policy && !$0.pinned && !$0.isBeingDeleted }
            .sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
        var kept = Set(own.prefix(last).map(\.id))
        let hour = 3600.0
        let day = 24 * hour
        func keep(_ count: Int, _ period: (Date) -> Int) {
            var periods: Set<Int> = []
            for snapshot in own where periods.count < count {
                if periods.insert(period(snapshot.createdAt)).inserted { kept.insert(snapshot.id) }
            }
        }
        func number(_ date: Date, _ length: Double, from offset: Double = 0) -> Int {
            Int(((date.timeIntervalSince1970 + offset) / length).rounded(.down))
        }
        keep(hourly) { number($0, hour) }
        keep(daily) { number($0, day) }
        // 1970 began on a Thursday.
        keep(weekly) { number($0, 7 * day, from: 3 * day) }
        keep(monthly) { Self.month(number($0, day)) }
        return own.filter { !kept.contains($0.id) }.reversed()
    }

    /// A number for the month of a day since 1970 (days_from_civil, backwards: the year begins in March).
    private static func month(_ day: Int) -> Int {
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        return (era * 400 + yearOfEra) * 12 + (5 * dayOfYear + 2) / 153
    }
}
