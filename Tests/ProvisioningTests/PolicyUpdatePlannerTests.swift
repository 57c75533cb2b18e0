import FleetModel
import FoundationEssentials
import Testing

@testable import Provisioning

@Suite struct PolicyUpdatePlannerTests {
    private static let day = 86_400.0
    private let planner = PolicyPlanner(host: World.hostID)
    private let now = Date(timeIntervalSince1970: 1_790_000_000)
    private let old = Self.image("a")
    private let new = Self.image("b")
    private let vm: PolicyPlanner.VM

    init() {
        vm = PolicyPlanner.VM(id: .random(), name: "office-ada", profile: "office", template: Self.image("a").digest)
    }

    private static func image(_ digit: String) -> ImageReference {
        ImageReference(
            template: ResourceName("windows")!, version: ResourceName(digit)!,
            digest: Digest(String(repeating: digit, count: 64))!, format: .qcow2, sizeBytes: 1, virtualSizeBytes: 2)
    }

    private func policy(
        _ offsets: Double..., grace: Int = 3600, image: ImageReference? = nil, name: String = "monthly",
        profiles: [ResourceName]? = nil, words: [String] = ["power"]
    ) -> UpdatePolicy {
        UpdatePolicy(
            name: ResourceName(name)!, profiles: profiles, times: offsets.map { now + $0 }, graceSeconds: grace,
            requirements: words, image: image ?? new, guestAgentTimeoutSeconds: 300)
    }

    private func arguments(_ local: PolicyPlanner.LocalJob?) throws -> UpdateArguments {
        try FleetJSON.decode(UpdateArguments.self, from: #require(local).job.arguments)
    }

    @Test func anUpdateIsAskedForWithinTheDayBeforeAndWaitsForItsWindow() throws {
        #expect(planner.updates(by: [policy(Self.day + 1)], of: [vm], at: now).isEmpty)
        let near = policy(Self.day, 2 * Self.day)
        let planned = planner.updates(by: [near], of: [vm], at: now + Self.day / 2)
        let job = try #require(planned.first?.job)
        #expect(planned.count == 1 && planned[0].policy.description == "monthly")
        #expect(job.kind == "vm.update" && job.notBefore == nil && job.requirements == ["power"])
        #expect(job.windows == [Occurrence(start: now + Self.day, end: now + Self.day + 3600)])
        #expect(job.expiresAt == now + Self.day + 3600)
        let arguments = try arguments(planned.first)
        #expect(arguments.vm == vm.id && arguments.image == new && arguments.start)
        #expect(arguments.shutdownTimeoutSeconds == 120 && arguments.guestAgentTimeoutSeconds == 300)
        #expect(arguments.snapshot.description == "monthly-20260922-1413-bbbbbbbb")
        // Whoever looks later asks for the same.
        let later = planner.updates(by: [near], of: [vm], at: now + Self.day + 60)
        #expect(later == planned)
    }

    @Test func hostsFetchItsImageOneAfterTheOther() throws {
        let near = policy(Self.day)
        let looks = (0..<200).map { _ -> Double in
            let planner = PolicyPlanner(host: .random())
            let look = planner.nextUpdate(by: [near], after: now).map { $0.timeIntervalSince(now) } ?? 0
            #expect(planner.updates(by: [near], of: [vm], at: now + look).count == 1)
            #expect(look < 1 || planner.updates(by: [near], of: [vm], at: now + look - 1).isEmpty)
            return look
        }
        #expect(looks.allSatisfy { (0...Self.day / 2).contains($0) })
        for hour in 0..<12 { #expect(looks.contains { Int($0 / 3600) == hour }, "\(hour)") }
    }

    @Test func whoMayMissSoManyWindowsHasOneJobForThemAll() throws {
        let words = ["power", "force-after=2", "notice=900/1"]
        let times = [60, Self.day, 2 * Self.day, 3 * Self.day]
        let windows = times.map { Occurrence(start: now + $0, end: now + $0 + 3600) }
        func job(at date: Date, _ offsets: [Double]) throws -> Job {
            let policy = UpdatePolicy(
                name: ResourceName("monthly")!, times: offsets.map { now + $0 }, graceSeconds: 3600,
                requirements: words, image: new)
            return try #require(planner.updates(by: [policy], of: [vm], at: date).first?.job)
        }
        let first = try job(at: now, times)
        #expect(first.windows == Array(windows.prefix(2)) && first.requirements == words)
        #expect(first.expiresAt == windows[1].end + 30 * Self.day)
        #expect(try job(at: now + 61, times) == first)
        #expect(try job(at: now + Self.day, times).id != first.id)
        // Where the second time is not known, it is not forced.
        #expect(try job(at: now, [60]).expiresAt == windows[0].end)
    }

    @Test func aJobIsWantedAsLongAsItIsWhatThePolicyAsksFor() throws {
        let words = ["force-after=2"]
        let asked = policy(60, Self.day, 2 * Self.day, words: words)
        let job = try #require(planner.updates(by: [asked], of: [vm], at: now).first?.job)
        #expect(asked.asks(for: job))
        #expect(policy(Self.day, 2 * Self.day, words: words).asks(for: job), "the first is long ago")
        #expect(policy(60, Self.day, 2 * Self.day, 3 * Self.day, words: words).asks(for: job), "there are more")
        #expect(!policy(60, Self.day + 60, 2 * Self.day, words: words).asks(for: job), "another time")
        #expect(!policy(60, Self.day, 2 * Self.day, grace: 60, words: words).asks(for: job), "a shorter time")
        #expect(!policy(60, Self.day, 2 * Self.day, words: []).asks(for: job), "other conditions")
        #expect(!policy(60, Self.day, 2 * Self.day, image: Self.image("c"), words: words).asks(for: job))
    }

    @Test func eachTimeImageAndVMIsAJobOfItsOwn() throws {
        var other = vm
        other.id = .random()
        let jobs =
            planner.updates(by: [policy(60)], of: [vm, other], at: now)
            + planner.updates(by: [policy(120)], of: [vm], at: now)
            + planner.updates(by: [policy(60, image: Self.image("c"))], of: [vm], at: now)
            + planner.updates(by: [policy(60, name: "other")], of: [vm], at: now)
        #expect(jobs.count == 5 && Set(jobs.map(\.job.id)).count == 5)
        // Of one VM, each snapshot has a name of its own too.
        let names = try jobs.filter { try arguments($0).vm == vm.id }.map { try arguments($0).snapshot }
        #expect(names.count == 4 && Set(names).count == 4, "\(names)")
    }

    @Test func theLongestNameOfAPolicyStillNamesASnapshot() throws {
        let long = String(repeating: "n", count: 63)
        let planned = planner.updates(by: [policy(60, name: long)], of: [vm], at: now)
        #expect(try arguments(planned.first).snapshot.description.utf8.count == 63)
    }

    @Test func whoHasTheImageIsLeftAlone() {
        #expect(planner.updates(by: [policy(60, image: old)], of: [vm], at: now).isEmpty)
        #expect(planner.updates(by: [policy(60, profiles: [ResourceName("plc")!])], of: [vm], at: now).isEmpty)
    }

    @Test func ofPoliciesForOneVMTheFirstByNameCounts() throws {
        let policies = [policy(60, name: "b"), policy(90, image: old, name: "a")]
        #expect(planner.updates(by: policies, of: [vm], at: now).isEmpty, "it has what 'a' wants")
        let elsewhere = policy(90, image: old, name: "a", profiles: [ResourceName("plc")!])
        #expect(planner.updates(by: [policies[0], elsewhere], of: [vm], at: now).map(\.policy.description) == ["b"])
    }

    @Test func whatWasMissedBeginsLaterWithinItsGraceAndTheLastTimeAloneCounts() throws {
        let job = try #require(planner.updates(by: [policy(-7200, -3000, -2400)], of: [vm], at: now).first?.job)
        #expect(job.windows == [Occurrence(start: now - 2400, end: now + 1200)])
        let start = try #require(job.notBefore)
        #expect(start >= now && start <= now + 300, "a quarter of what is left of the grace")
        #expect(planner.updates(by: [policy(-3601)], of: [vm], at: now).isEmpty)
        // A time ends where the next begins, so that no two jobs wait for one thing.
        let first = try #require(planner.updates(by: [policy(-60, 600)], of: [vm], at: now).first?.job)
        #expect(first.windows == [Occurrence(start: now - 60, end: now + 600)])
    }

    @Test func nothingIsEverAskedForByAGraceThatIsNone() {
        for grace in [0, -1, Int.min] {
            #expect(planner.updates(by: [policy(-1, 0, 60, grace: grace)], of: [vm], at: now).isEmpty)
        }
    }

    @Test func theNextLookIsWhenATimeComesNearOrAWindowCloses() throws {
        let ahead = try #require(planner.nextUpdate(by: [policy(2 * Self.day)], after: now))
        #expect((now + Self.day...now + 1.5 * Self.day).contains(ahead))
        #expect(planner.nextUpdate(by: [policy(-60, 3 * Self.day)], after: now) == now + 3540)
        #expect(planner.nextUpdate(by: [policy(-7200, 60)], after: now) == nil)
    }
}
