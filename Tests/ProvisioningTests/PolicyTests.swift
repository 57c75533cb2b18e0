import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import SQLite
import Signing
import Testing

@testable import Provisioning

/// What a host does by itself, on real files; the clock is the test's.
@Suite struct PolicyTests {
    private let time = ManualTimeSource()
    private let name = ResourceName("nightly")!

    private func policy(_ times: [Date], keep: Int = 2, grace: Int = 7200) -> SnapshotPolicy {
        SnapshotPolicy(name: name, times: times, graceSeconds: grace, keep: SnapshotRetention(last: keep))
    }

    private func envelope(
        _ world: World, _ revision: UInt64, _ policies: [SnapshotPolicy], key: SigningKey? = nil, host: HostID? = nil
    ) throws -> [UInt8] {
        try world.desired(revision, PolicySet(snapshots: policies), key: key, host: host)
    }

    private func ended(_ world: World, _ kind: JobKindName) -> [JobReport] { world.ended(kind) }

    /// Moves the clock and has the agent look.
    private func pass(_ seconds: Double, _ life: Life) async {
        time.advance(by: .seconds(seconds))
        await life.runner.release()
    }

    @Test func aHostMakesSnapshotsAtTheirTimesAndKeepsWhatThePolicySays() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let life = try await Life(vm.world)
        let start = time.now()
        let times = (1...5).map { start + 3600 * Double($0) }
        await life.runner.receive(desired: try envelope(vm.world, 1, [policy(times)]))
        #expect(await life.runner.desiredRevision == 1)
        for number in 1...4 {
            await pass(3600, life)
            #expect(try await eventually { ended(vm.world, .snapshotCreate).count == number }, "\(number)")
            #expect(try await eventually { ended(vm.world, .snapshotDelete).count == max(0, number - 2) }, "\(number)")
        }
        #expect(ended(vm.world, .snapshotCreate).allSatisfy { $0.state == .succeeded })
        #expect(ended(vm.world, .snapshotDelete).allSatisfy { $0.state == .succeeded })
        try await life.stop()
        let snapshots = try await vm.snapshots()
        #expect(snapshots.map(\.policy) == [name, name])
        #expect(snapshots.map(\.name.description) == ["nightly-20260921-1713", "nightly-20260921-1813"])
        let report = try #require(ended(vm.world, .snapshotCreate).first)
        #expect(report.origin?.policy == name && report.origin?.expiresAt == times[0] + 7200)
    }

    @Test func whatWasDoneIsNotDoneAgainAfterARestartAndWhatWasMissedIsMadeGood() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let first = try await Life(vm.world)
        let start = time.now()
        await first.runner.receive(
            desired: try envelope(vm.world, 1, [policy([start + 60, start + 4000, start + 5000, start + 90_000])]))
        await pass(60, first)
        #expect(try await eventually { ended(vm.world, .snapshotCreate).count == 1 })
        try await first.stop()
        // Off over two of the times; no desired state comes anew.
        let second = try await Life(vm.world)
        await pass(10, second)
        #expect(await second.runner.desiredRevision == 1)
        try await second.stop()
        #expect(ended(vm.world, .snapshotCreate).count == 1)
        time.advance(by: .seconds(6000))
        let third = try await Life(vm.world)
        #expect(try await eventually { vm.world.reports.withLock { $0.contains { $0.reason == "window" } } })
        await pass(700, third)
        #expect(try await eventually { ended(vm.world, .snapshotCreate).count == 2 })
        try await third.stop()
        #expect(try await vm.snapshots().map(\.name.description) == ["nightly-20260921-1414", "nightly-20260921-1536"])
    }

    @Test func aPolicyThatIsGoneAsksForNothingAndWhatHasNotBegunIsWithdrawn() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let life = try await Life(vm.world)
        let missed = policy([time.now() - 600])
        await life.runner.receive(desired: try envelope(vm.world, 1, [missed]))
        #expect(try await eventually { vm.world.reports.withLock { $0.last?.state == .waiting } })
        // A set of the controller's says nothing of it.
        try await life.receive()
        await life.runner.receive(desired: try envelope(vm.world, 2, []))
        #expect(try await eventually { ended(vm.world, .snapshotCreate).map(\.state) == [.withdrawn] })
        await pass(3600, life)
        try await life.stop()
        #expect(try await vm.snapshots().isEmpty)
    }

    @Test func theControllerCanCancelAHostsOwnJob() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let life = try await Life(vm.world)
        await life.runner.receive(desired: try envelope(vm.world, 1, [policy([time.now() - 600])]))
        #expect(try await eventually { vm.world.reports.withLock { $0.last?.state == .waiting } })
        let last = vm.world.reports.withLock(\.last)
        let report = try #require(last)
        var job = Job(
            id: report.job, kind: report.kind, arguments: try #require(report.origin?.arguments),
            expiresAt: try #require(report.origin?.expiresAt))
        job.cancel = true
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(vm.world.last(of: job.id)?.state == .cancelled)
    }

    @Test func nothingIsMadeWithoutTheRoomThatThePolicyAsksFor() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let life = try await Life(vm.world)
        var wanting = policy([time.now()])
        wanting.minimumFreeMiB = 1 << 30
        await life.runner.receive(desired: try envelope(vm.world, 1, [wanting]))
        #expect(try await eventually { vm.world.reports.withLock { $0.last?.reason == "disk" } })
        await pass(7200, life)
        #expect(try await eventually { ended(vm.world, .snapshotCreate).map(\.state) == [.expired] })
        try await life.stop()
    }

    @Test func aDesiredStateThatIsNotTheControllersIsRefused() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let life = try await Life(vm.world)
        let due = policy([time.now()])
        func refusals() -> [String] { vm.world.refusals.withLock { $0.map(\.what) } }
        await life.runner.receive(desired: try envelope(vm.world, 5, []))
        let good = try envelope(vm.world, 6, [due])
        var changed = good
        changed[changed.count / 2] ^= 1
        let job = try Envelope(signing: [UInt8]("{}".utf8), type: JobSet.payloadType, with: [vm.world.key]).json()
        for forged in [
            try envelope(vm.world, 6, [due], key: .generate()), try envelope(vm.world, 6, [due], host: .random()),
            try envelope(vm.world, 4, [due]), try envelope(vm.world, 6, [due, due]), changed, job,
            [UInt8]("nonsense".utf8),
        ] { await life.runner.receive(desired: forged) }
        #expect(refusals().count == 7)
        #expect(
            Set(refusals()).isSuperset(
                of: ["bad-signature", "wrong-host", "stale-revision", "malformed"]))
        #expect(await life.runner.desiredRevision == 5)
        // A job set that was signed is no desired state, nor the other way round.
        await life.runner.receive(envelope: good)
        #expect(refusals().count == 8)
        await life.runner.receive(desired: good)
        #expect(try await eventually { ended(vm.world, .snapshotCreate).map(\.state) == [.succeeded] })
        try await life.stop()
    }

    @Test func aSmallerKeepTakesEffectAndAVMThatCannotBeReadHindersNoOther() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let life = try await Life(vm.world)
        let start = time.now()
        let times = (1...3).map { start + 3600 * Double($0) }
        await life.runner.receive(desired: try envelope(vm.world, 1, [policy(times, keep: 3)]))
        for number in 1...2 {
            await pass(3600, life)
            #expect(try await eventually { ended(vm.world, .snapshotCreate).count == number })
        }
        await life.runner.receive(desired: try envelope(vm.world, 2, [policy(times, keep: 1)]))
        let isDeleted = try await eventually(within: .seconds(15)) { ended(vm.world, .snapshotDelete).count == 1 }
        let pruned = await life.runner.prunedVMs
        let reports = vm.world.reports.withLock { $0.map { "\($0.kind) \($0.state) \($0.message ?? "")" } }
        #expect(isDeleted, "\(reports) \(pruned)")
        // Somebody damages the snapshot that is left: the next one is made all the same.
        let kept = try #require(try await vm.snapshots().first)
        try Data("{".utf8).write(to: URL(filePath: vm.directory.keptState(of: kept.id).manifest))
        await pass(3600, life)
        #expect(try await eventually { ended(vm.world, .snapshotCreate).count == 3 })
        try await life.stop()
    }

    @Test func aDesiredStateThatCannotBeReadAnyMoreIsTakenOnceMore() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let first = try await Life(vm.world)
        let (old, new) = (try envelope(vm.world, 3, []), try envelope(vm.world, 4, [policy([time.now() + 60])]))
        await first.runner.receive(desired: old)
        await first.runner.receive(desired: new)
        try await first.stop()
        let database = try Connection(path: vm.world.journalPath)
        try database.execute("UPDATE facts SET desired = '{\"future\": true}'")
        let second = try await Life(vm.world)
        #expect(await second.runner.desiredRevision == 3)
        await second.runner.receive(desired: old)
        #expect(vm.world.refusals.withLock { $0.map(\.what) } == ["stale-revision"])
        await second.runner.receive(desired: new)
        #expect(await second.runner.desiredRevision == 4)
        await pass(60, second)
        #expect(try await eventually { ended(vm.world, .snapshotCreate).map(\.state) == [.succeeded] })
        try await second.stop()
    }

    @Test(arguments: [true, false])
    func everyCrashOfAHostsOwnJobEndsWithOneSnapshot(running: Bool) async throws {
        func world() async throws -> SnapshotWorld { try await SnapshotWorld(running: running, time: time) }
        let first = try await world()
        let due = policy([time.now()])
        let life = try await Life(first.world)
        await life.runner.receive(desired: try envelope(first.world, 1, [due]))
        #expect(try await eventually { ended(first.world, .snapshotCreate).count == 1 })
        try await life.stop()
        let points = await life.points()
        #expect(points.count > 8)
        for point in points {
            let vm = try await world()
            let dying = try await Life(vm.world, crashAt: { $0.moment == point.moment && $0.step == point.step })
            await dying.runner.receive(desired: try envelope(vm.world, 1, [due]))
            #expect(try await dying.crashed(), "\(point)")
            let next = try await Life(vm.world)
            #expect(try await eventually { ended(vm.world, .snapshotCreate).count >= 1 }, "\(point)")
            try await next.stop()
            #expect(Set(ended(vm.world, .snapshotCreate).map(\.state)) == [.succeeded], "\(point)")
            #expect(try await vm.snapshots().count == 1, "\(point)")
        }
    }
}
