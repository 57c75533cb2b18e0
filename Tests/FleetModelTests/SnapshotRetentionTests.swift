import FleetModel
import FleetRuntime
import FoundationEssentials
import Testing

@Suite struct SnapshotRetentionTests {
    private static let policy = ResourceName("nightly")!
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    /// One made so many hours ago.
    private func snapshot(_ hours: Double, policy: ResourceName? = policy, pinned: Bool = false) -> VMSnapshot {
        let created = Self.now - hours * 3600
        var random = SeededGenerator(seed: UInt64(bitPattern: Int64(hours * 10)))
        return VMSnapshot(
            id: JobID(milliseconds: UInt64(created.timeIntervalSince1970 * 1000), using: &random),
            name: ResourceName("h\(Int(hours))")!, createdAt: created, consistency: .app, policy: policy,
            pinned: pinned, sizeBytes: 1)
    }

    private func hours(_ hours: [Double]) -> [VMSnapshot] { hours.map { snapshot($0) } }

    private func expendable(_ keep: SnapshotRetention, _ snapshots: [VMSnapshot]) -> [String] {
        keep.expendable(snapshots.shuffled(), of: Self.policy).map(\.name.description)
    }

    @Test func theNewestStay() {
        #expect(expendable(SnapshotRetention(last: 2), hours([1, 2, 3, 4])) == ["h4", "h3"])
        #expect(expendable(SnapshotRetention(last: 9), hours([1, 2, 3, 4])) == [])
    }

    /// It is 14:13:20 UTC on a Monday.
    @Test func ofEachPeriodTheNewestStays() {
        // Of the last two days with a snapshot: today's at 13, and yesterday's at 23.
        #expect(
            expendable(SnapshotRetention(daily: 2), hours([1, 2, 15, 20, 40])) == ["h40", "h20", "h2"])
        #expect(expendable(SnapshotRetention(hourly: 2), hours([0, 0.2, 0.5, 3])).count == 2)
        // This week began this midnight.
        #expect(expendable(SnapshotRetention(weekly: 2), hours([2, 14, 15, 200])) == ["h200", "h14"])
        // September 21st: this month's newest, and August's.
        #expect(
            expendable(SnapshotRetention(monthly: 2), hours([1, 480, 504, 960, 1440]))
                == ["h1440", "h960", "h480"])
    }

    @Test func whatOthersMadeAndWhatIsPinnedIsNotCounted() {
        let others = [snapshot(1, policy: nil), snapshot(2, policy: ResourceName("other")), snapshot(3, pinned: true)]
        #expect(expendable(SnapshotRetention(last: 1), others + [snapshot(4), snapshot(5)]) == ["h5"])
        var half = snapshot(6)
        half.isBeingDeleted = true
        #expect(expendable(SnapshotRetention(last: 1), [snapshot(4), half]) == [])
    }

    /// Never the newest, never more kept than asked for, and doing it twice gives nothing more up.
    @Test(arguments: 0..<50) func invariantsHold(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let snapshots = (0..<30).map { _ in snapshot(Double.random(in: 0...5000, using: &random)) }
        let keep = SnapshotRetention(
            last: .random(in: 0...3, using: &random), hourly: .random(in: 0...3, using: &random),
            daily: .random(in: 1...3, using: &random), weekly: .random(in: 0...3, using: &random),
            monthly: .random(in: 0...3, using: &random))
        let given = Set(keep.expendable(snapshots, of: Self.policy).map(\.id))
        let kept = snapshots.filter { !given.contains($0.id) }
        #expect(kept.count <= keep.total, "seed \(seed)")
        let newest = snapshots.max { $0.createdAt < $1.createdAt }
        #expect(newest.map { !given.contains($0.id) } == true, "seed \(seed)")
        #expect(keep.expendable(kept, of: Self.policy).isEmpty, "seed \(seed)")
    }

    /// Against the calendar, from 1970 to 2199.
    @Test func monthsAreTheCalendars() throws {
        var random = SeededGenerator(seed: 5)
        let all = SnapshotRetention(monthly: 2)
        for _ in 0..<500 {
            let first = try #require(
                LocalTime(
                    "\(Int.random(in: 1971...2199, using: &random))-0\(Int.random(in: 1...9, using: &random))-01T00:00")
            )
            let start = try Date("\(first):00Z", strategy: .iso8601)
            func made(_ date: Date) -> VMSnapshot {
                VMSnapshot(
                    id: JobID(milliseconds: UInt64(date.timeIntervalSince1970 * 1000), using: &random),
                    name: Self.policy, createdAt: date, consistency: .app, policy: Self.policy, sizeBytes: 1)
            }
            // The first and the last moment of two months, and one in the second: one of each stays.
            let snapshots = [made(start - 1), made(start), made(start + 27 * 86_400)]
            #expect(all.expendable(snapshots, of: Self.policy) == [snapshots[1]], "\(first)")
        }
    }
}
