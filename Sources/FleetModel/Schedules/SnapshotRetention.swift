import FoundationEssentials

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
