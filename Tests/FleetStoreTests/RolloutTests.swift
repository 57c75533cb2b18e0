import FleetModel
import FleetStore
import FleetTestSupport
import FoundationEssentials
import Rollouts
import Testing

/// What hosts say, and what becomes of a rollout by it.
@Suite struct RolloutTests {
    private static let name = ResourceName("nightly")!
    let fixture: StoreFixture
    var store: FleetStore { fixture.store }
    init() throws { fixture = try StoreFixture() }

    private func host(_ name: String, online: Bool = true) async throws -> HostID {
        let host = try await fixture.host(name).id
        try await tell(host, online ? .online : .offline)
        return host
    }

    private func tell(
        _ host: HostID, _ state: Presence.State, revision: UInt64 = 0, recorded: RecordPosition? = nil
    ) async throws {
        let presence = fixture.presence(state, jobsRevision: revision, recorded: recorded)
        _ = try await store.commit([fixture.arrival(host, .presence(presence))])
    }

    private func begin(_ hosts: [HostID], concurrency: Int = 1, rollsBack: Bool = false) async throws {
        _ = try await store.addRollout(
            definition(concurrency: concurrency, rollsBack: rollsBack),
            hosts.map { RolloutTarget(host: $0, arguments: [.object([:])]) }, by: "ada")
        try await step()
    }

    private func definition(concurrency: Int = 1, rollsBack: Bool = false) -> RolloutDefinition {
        RolloutDefinition(
            name: Self.name, intent: [:], plan: Digest(String(repeating: "a", count: 64))!, kind: "vm.start",
            rules: RolloutRules(
                waves: [], soakSeconds: 0, concurrency: concurrency, failureThreshold: .count(0), patienceSeconds: 3600,
                rollsBackOnAbort: rollsBack), deadlineSeconds: 14 * 86_400)
    }

    private func step() async throws { while try await store.stepRollouts().isMore {} }

    private func pass(_ seconds: Int64) async throws {
        fixture.time.advance(by: .seconds(seconds))
        try await store.tickJobs()
        try await step()
    }

    private func states() async throws -> [RolloutHostState] {
        try await store.hosts(of: Self.name, after: nil, limit: 100).items.map(\.state)
    }

    private func job(of host: HostID) async throws -> JobResource {
        let hosts = try await store.hosts(of: Self.name, after: nil, limit: 100).items
        return try await store.job(#require(hosts.first { $0.host == host }?.jobs.first))
    }

    @Test func aHostThatGoesAwayKeepsItsPlaceUntilItCannotBeginAnyMore() async throws {
        let first = try await host("ws-1")
        let second = try await host("ws-2")
        try await begin([first, second])
        #expect(try await states() == [.offered, .pending])
        #expect(try await fixture.publish(first)?.jobs.count == 1)
        try await tell(first, .sleeping)
        try await step()
        try await pass(601)
        #expect(try await states() == [.away, .pending])
        // Its job has expired, and its clock may be ten minutes behind.
        try await pass(3000)
        #expect(try await job(of: first).state == .expiring)
        #expect(try await states() == [.away, .pending])
        try await pass(600)
        #expect(try await states() == [.stray, .offered])
        // It is asked anew when it is known that it has not begun, and never before.
        #expect(try await fixture.publish(first)?.jobs.isEmpty == true)
        try await tell(first, .online, revision: 1)
        try await step()
        #expect(try await states() == [.stray, .offered])
        try await tell(first, .online, revision: 2)
        try await step()
        #expect(try await states() == [.pending, .offered])
        #expect(try await job(of: first).state == .expired)
    }

    @Test func whatItDidMeanwhileCounts() async throws {
        let (first, epoch) = (try await host("ws-1"), EpochID.random())
        try await begin([first])
        _ = try await fixture.publish(first)
        try await tell(first, .sleeping)
        try await pass(5000)
        #expect(try await states() == [.stray])
        let job = try await job(of: first)
        _ = try await store.commit([
            try fixture.report(first, epoch, 1, JobReport(job: job.id, kind: job.kind, state: .succeeded))
        ])
        try await step()
        #expect(try await states() == [.succeeded])
        #expect(try await store.rollout(Self.name).state == .finished)
    }

    /// A report from before the host knew does not bring a job back that was taken back.
    @Test func whatIsTakenBackDoesNotComeBack() async throws {
        let (first, epoch) = (try await host("ws-1"), EpochID.random())
        try await begin([first])
        _ = try await fixture.publish(first)
        _ = try await store.request(.pause, of: Self.name, by: "ada")
        try await step()
        let job = try await job(of: first)
        #expect(job.state == .withdrawing && !job.cancelRequested)
        _ = try await store.commit([
            try fixture.report(first, epoch, 1, JobReport(job: job.id, kind: job.kind, state: .ready))
        ])
        #expect(try await store.job(job.id).state == .withdrawing)
        #expect(try await fixture.publish(first)?.jobs.isEmpty == true)
        // What had begun goes on, and its set names it again.
        _ = try await store.commit([
            try fixture.report(first, epoch, 2, JobReport(job: job.id, kind: job.kind, state: .applying))
        ])
        let set = try #require(try await fixture.publish(first))
        #expect(set.jobs.map(\.id) == [job.id] && set.jobs.allSatisfy { !$0.cancel })
    }

    @Test(arguments: [true, false]) func abortAsksWhoHasBegunToRollBackWhereTheIntentSaysSo(rollsBack: Bool)
        async throws
    {
        let (first, epoch) = (try await host("ws-1"), EpochID.random())
        let second = try await host("ws-2")
        try await begin([first, second], concurrency: 2, rollsBack: rollsBack)
        _ = try await fixture.publish(first)
        let job = try await job(of: first)
        _ = try await store.commit([
            try fixture.report(first, epoch, 1, JobReport(job: job.id, kind: job.kind, state: .applying))
        ])
        _ = try await store.request(.abort, of: Self.name, by: "ada")
        try await step()
        #expect(try await states() == [.applying, .skipped], "what no host could know of is gone at once")
        #expect(try await store.job(job.id).cancelRequested == rollsBack)
        _ = try await store.commit([
            try fixture.report(
                first, epoch, 2, JobReport(job: job.id, kind: job.kind, state: rollsBack ? .rollingBack : .succeeded))
        ])
        if rollsBack {
            _ = try await store.commit([
                try fixture.report(first, epoch, 3, JobReport(job: job.id, kind: job.kind, state: .cancelled))
            ])
        }
        try await step()
        #expect(try await states() == [rollsBack ? .skipped : .succeeded, .skipped])
        #expect(try await store.rollout(Self.name).state == .aborted)
    }

    @Test func tooManyFailuresHaltItAndARetryUsesAnotherJob() async throws {
        let (first, epoch) = (try await host("ws-1"), EpochID.random())
        let second = try await host("ws-2")
        try await begin([first, second])
        _ = try await fixture.publish(first)
        let job = try await job(of: first)
        _ = try await store.commit([
            try fixture.report(
                first, epoch, 1,
                JobReport(job: job.id, kind: job.kind, state: .rejected, reason: "no-such-vm", message: "it has gone"))
        ])
        try await step()
        let halted = try await store.rollout(Self.name)
        #expect(halted.state == .halted && halted.reason?.hasPrefix("1 of 1 hosts") == true)
        let hosts = try await store.hosts(of: Self.name, after: nil, limit: 10).items
        #expect(hosts[0].state == .failed && hosts[0].reason == "no-such-vm" && hosts[0].message == "it has gone")
        #expect(hosts[1].state == .pending)
        _ = try await store.retry(Self.name, hosts: ["ws-1"], by: "ada")
        _ = try await store.request(.resume, of: Self.name, by: "ada")
        try await step()
        let again = try await self.job(of: first)
        #expect(try await states() == [.offered, .pending])
        #expect(again.id != job.id && again.rollout == Self.name)
        await #expect(throws: StoreError.self) { try await store.retry(Self.name, hosts: nil, by: "ada") }
        let record = try await store.audit(before: nil, limit: 100).items.map(\.action)
        #expect(record.contains("rollout.retry") && record.contains("rollout.halted"))
    }

    /// Whoever goes on from an older copy of the database asks for the same, which hosts that did it answer from their journals.
    @Test func anOlderCopyAsksWithTheSameJob() async throws {
        let host = try await host("ws-1")
        _ = try await store.addRollout(definition(), [RolloutTarget(host: host, arguments: [.object([:])])], by: "ada")
        let directory = try TemporaryDirectory()
        try FleetStore.copyDatabase(
            "\(fixture.directory)/\(FleetStore.databaseName)", to: directory.file(FleetStore.databaseName))
        try await step()
        let asked = try await job(of: host)
        let copy = try StoreFixture(directory: directory.path, time: fixture.time)
        _ = try await copy.store.stepRollouts()
        let again = try await copy.store.jobs(after: nil, limit: 10).items
        #expect(again.map(\.id) == [asked.id])
    }

    @Test func aHeldHostWaitsForItsTurn() async throws {
        let host = try await host("ws-1")
        // It has taken sets that this database never made.
        try await tell(host, .online, revision: 41, recorded: RecordPosition(epoch: .random(), seq: 9))
        try await begin([host])
        #expect(try await states() == [.pending])
    }
}
