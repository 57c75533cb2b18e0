import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import ImageStore
import Synchronization
import Testing

@testable import Provisioning

/// Updates that a host makes by itself, on real files; the clock is the test's.
@Suite struct PolicyUpdateTests {
    private let time = ManualTimeSource()

    private func policy(
        _ image: ImageReference, _ times: [Date], grace: Int = 1800, words: [String]? = nil
    ) -> UpdatePolicy {
        UpdatePolicy(
            name: ResourceName("monthly")!, times: times, graceSeconds: grace, requirements: words, image: image,
            start: false)
    }

    /// A policy whose snapshot shows that the host has looked.
    private func witness(_ times: [Date]) -> SnapshotPolicy {
        SnapshotPolicy(
            name: ResourceName("witness")!, times: times, graceSeconds: 1800, keep: SnapshotRetention(last: 5))
    }

    private func pass(_ seconds: Double, _ life: Life) async {
        time.advance(by: .seconds(seconds))
        await life.runner.release()
    }

    private func template(_ vm: SnapshotWorld) async throws -> Digest? {
        try await vm.hypervisor().domain(SnapshotWorld.vm).origin?.template
    }

    private func updates(_ vm: SnapshotWorld) -> [JobReport] {
        vm.world.reports.withLock { $0.filter { $0.kind == JobKindName.vmUpdate.rawValue } }
    }

    /// What the host has asked itself for, begun or not.
    private func asked(_ life: Life) async throws -> [JobID] {
        try await life.journal.jobs().filter { $0.policy != nil && $0.job.kind == JobKindName.vmUpdate.rawValue }
            .map(\.id)
    }

    @Test func anImageIsFetchedAheadAndTheUpdateMadeInItsWindowWithNoNetwork() async throws {
        try Isolation.require()
        let vm = try await SnapshotWorld(running: false, time: time)
        let image = vm.world.nextImage
        try DurableFile.remove(vm.world.directory.file("images/\(image.digest)"))
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: vm.world.directory.file("2.qcow2"))))
        let server = try ScriptedHTTPServer { _, exchange in exchange.respond(200, body: bytes) }
        let start = time.now() + 12 * 3600
        let first = try await Life(vm.world, source: ImageSource(url: server.url, token: "t"))
        await first.runner.receive(desired: try vm.world.desired(1, PolicySet(updates: [policy(image, [start])])))
        #expect(try await eventually { updates(vm).contains { $0.state == .ready } })
        #expect(try await eventually { updates(vm).last?.reason == "window" })
        #expect(updates(vm).contains { $0.state == .staging } && server.requests.count == 1)
        #expect(try await template(vm) == vm.world.image.digest)
        try await first.stop()
        // The laptop is taken away, and its agent starts again somewhere without a network.
        let second = try await Life(vm.world, source: ImageSource(url: "http://127.0.0.1:1", token: "t"))
        await pass(11 * 3600, second)
        #expect(try await eventually { updates(vm).last?.state == .waiting })
        #expect(vm.world.ended(.vmUpdate).isEmpty, "its window is not open yet")
        await pass(3600, second)
        #expect(try await eventually { vm.world.ended(.vmUpdate).count == 1 })
        try await second.stop()
        let report = try #require(vm.world.ended(.vmUpdate).first)
        #expect(report.state == .succeeded && report.origin?.policy == ResourceName("monthly"), "\(report)")
        #expect(try await template(vm) == image.digest)
        #expect(try await vm.snapshots().map(\.policy) == [UpdateVM.policy])
        #expect(server.requests.count == 1)
    }

    @Test func whoIsUpToDateIsLeftAloneAndOneUpdateIsEnough() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let times = [1, 2, 3].map { time.now() + 3600 * $0 }
        let life = try await Life(vm.world)
        let current = PolicySet(snapshots: [witness(times)], updates: [policy(vm.world.image, times)])
        await life.runner.receive(desired: try vm.world.desired(1, current))
        await pass(3600, life)
        #expect(try await eventually { vm.world.ended(.snapshotCreate).count == 1 })
        #expect(try await asked(life).isEmpty)
        var next = current
        next.updates[0].image = vm.world.nextImage
        // A version that comes while the window is open is taken in it.
        await life.runner.receive(desired: try vm.world.desired(2, next))
        #expect(try await eventually { vm.world.ended(.vmUpdate).map(\.state) == [.succeeded] })
        #expect(try await template(vm) == vm.world.nextImage.digest)
        for number in 2...3 {
            await pass(3600, life)
            #expect(try await eventually { vm.world.ended(.snapshotCreate).count == number })
        }
        #expect(try await asked(life).count == 1)
        try await life.stop()
    }

    @Test func aVersionThatIsReplacedBeforeItsTimeIsNotInstalled() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let times = [time.now() + 3600]
        let life = try await Life(vm.world)
        let bad = PolicySet(snapshots: [witness(times)], updates: [policy(vm.world.nextImage, times)])
        await life.runner.receive(desired: try vm.world.desired(1, bad))
        #expect(try await eventually { updates(vm).last?.reason == "window" })
        var good = bad
        good.updates[0].image = vm.world.image
        await life.runner.receive(desired: try vm.world.desired(2, good))
        #expect(try await eventually { vm.world.ended(.vmUpdate).map(\.state) == [.withdrawn] })
        await pass(3600, life)
        #expect(try await eventually { vm.world.ended(.snapshotCreate).count == 1 })
        #expect(try await asked(life).count == 1)
        try await life.stop()
        #expect(try await template(vm) == vm.world.image.digest)
    }

    @Test func anUpdateThatTheVMGotInAnotherWayIsWithdrawn() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let life = try await Life(vm.world)
        let wanted = PolicySet(updates: [policy(vm.world.nextImage, [time.now() + 3600])])
        await life.runner.receive(desired: try vm.world.desired(1, wanted))
        #expect(try await eventually { updates(vm).last?.reason == "window" })
        try await life.receive(try vm.update(2, start: false))
        #expect(try await eventually { vm.world.ended(.vmUpdate).count == 2 })
        try await life.stop()
        let byPolicy = vm.world.ended(.vmUpdate).filter { $0.origin != nil }
        #expect(byPolicy.map(\.state) == [.withdrawn])
        #expect(vm.outcome(2)?.state == .succeeded)
    }

    /// A laptop that runs on its battery whenever it is time.
    @Test func whoHasMissedSoManyWindowsWaitsForNoneAnyMoreAndIsToldBefore() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let isOnMains = Mutex(false)
        let times = (0..<4).map { time.now() + 86_400 * Double($0) }
        let wanted = PolicySet(
            updates: [policy(vm.world.nextImage, times, words: ["power", "force-after=2", "notice=600/1"])])
        let first = try await Life(vm.world, isOnMains: { isOnMains.withLock(\.self) })
        await first.runner.receive(desired: try vm.world.desired(1, wanted))
        #expect(try await eventually { updates(vm).last?.reason == "power" })
        await pass(3600, first)
        #expect(try await eventually { updates(vm).last?.reason == "window" })
        try await first.stop()
        // The same job waits for the second window, also when the agent starts again, and the state is told again.
        let life = try await Life(vm.world, isOnMains: { isOnMains.withLock(\.self) })
        await pass(86_400 - 3600, life)
        await life.runner.receive(desired: try vm.world.desired(2, wanted))
        #expect(try await eventually { updates(vm).last?.reason == "power" })
        await pass(3600, life)
        #expect(try await asked(life).count == 1)
        // The second has passed: whenever there is power, after its notice.
        isOnMains.withLock { $0 = true }
        await pass(60, life)
        #expect(try await eventually { updates(vm).last?.reason == "user" })
        #expect(vm.world.ended(.vmUpdate).isEmpty)
        await pass(601, life)
        #expect(try await eventually { vm.world.ended(.vmUpdate).map(\.state) == [.succeeded] })
        #expect(try await asked(life).count == 1)
        try await life.stop()
        #expect(try await template(vm) == vm.world.nextImage.digest)
    }

    @Test func whatFailsInALaterWindowIsTriedInTheNextAndNotBefore() async throws {
        let vm = try await SnapshotWorld(running: true, time: time)
        let isOnMains = Mutex(false)
        let times = (0..<4).map { time.now() + 3600 * Double($0) }
        var update = policy(vm.world.nextImage, times, words: ["power", "force-after=3"])
        update.shutdownTimeoutSeconds = 1
        let wanted = PolicySet(snapshots: [witness([times[1] + 600])], updates: [update])
        let life = try await Life(
            vm.world, isOnMains: { isOnMains.withLock(\.self) },
            configure: {
                $0.setGuest(InMemoryHypervisor.Guest(obeysShutdown: false), of: SnapshotWorld.vm)
            })
        await life.runner.receive(desired: try vm.world.desired(1, wanted))
        #expect(try await eventually { updates(vm).last?.reason == "power" })
        isOnMains.withLock { $0 = true }
        await pass(3600, life)
        #expect(
            try await eventually {
                await pass(2, life)
                return vm.world.ended(.vmUpdate).map(\.state) == [.rolledBack]
            })
        await pass(600, life)
        #expect(try await eventually { vm.world.ended(.snapshotCreate).count == 1 })
        #expect(try await asked(life).count == 1)
        await pass(3600, life)
        #expect(
            try await eventually {
                await pass(2, life)
                return vm.world.ended(.vmUpdate).count == 2
            })
        #expect(try await asked(life).count == 2)
        try await life.stop()
    }

    @Test func whatSomebodyHasCancelledIsNotAskedForAgainInTheSameWindows() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let times = (0..<4).map { time.now() + 3600 * Double($0) }
        let wanted = PolicySet(
            snapshots: [witness([times[1] + 600, times[2] + 600])],
            updates: [policy(vm.world.nextImage, times, words: ["power", "force-after=2"])])
        let isOnMains = Mutex(false)
        let life = try await Life(vm.world, isOnMains: { isOnMains.withLock(\.self) })
        await life.runner.receive(desired: try vm.world.desired(1, wanted))
        #expect(try await eventually { updates(vm).last?.reason == "power" })
        var job = try #require(try await life.journal.jobs(of: ResourceName("monthly")!).first).job
        job.cancel = true
        try await life.receive(job)
        #expect(try await eventually { vm.world.ended(.vmUpdate).map(\.state) == [.cancelled] })
        isOnMains.withLock { $0 = true }
        await pass(4200, life)
        #expect(try await eventually { vm.world.ended(.snapshotCreate).count == 1 })
        #expect(try await asked(life).count == 1)
        await pass(3600, life)
        #expect(try await eventually { try await asked(life).count == 2 })
        // What is late begins at some time of the next minutes.
        await pass(600, life)
        #expect(try await eventually { vm.world.ended(.vmUpdate).map(\.state) == [.cancelled, .succeeded] })
        try await life.stop()
    }

    @Test func aHostWhoseConfigurationForbidsUpdatesMakesNone() async throws {
        let vm = try await SnapshotWorld(running: false, time: time)
        let life = try await Life(vm.world, allowed: [.snapshotCreate])
        let wanted = PolicySet(
            snapshots: [witness([time.now()])], updates: [policy(vm.world.nextImage, [time.now()])])
        await life.runner.receive(desired: try vm.world.desired(1, wanted))
        #expect(try await eventually { vm.world.ended(.snapshotCreate).count == 1 })
        #expect(try await asked(life).isEmpty)
        try await life.stop()
    }

    @Test func everyCrashOfAnUpdateByAPolicyEndsWithOneUpdate() async throws {
        func world() async throws -> SnapshotWorld { try await SnapshotWorld(running: false, time: time) }
        let undisturbed = try await world()
        let life = try await Life(undisturbed.world)
        func wanted(_ vm: SnapshotWorld) throws -> [UInt8] {
            try vm.world.desired(1, PolicySet(updates: [policy(vm.world.nextImage, [time.now()])]))
        }
        await life.runner.receive(desired: try wanted(undisturbed))
        #expect(try await eventually { undisturbed.world.ended(.vmUpdate).count == 1 })
        try await life.stop()
        let points = await life.points()
        #expect(points.count > 8)
        for point in points {
            let vm = try await world()
            let dying = try await Life(vm.world, crashAt: { $0.moment == point.moment && $0.step == point.step })
            await dying.runner.receive(desired: try wanted(vm))
            #expect(try await dying.crashed(), "\(point)")
            let next = try await Life(vm.world)
            #expect(try await eventually { vm.world.ended(.vmUpdate).count >= 1 }, "\(point)")
            try await next.stop()
            #expect(Set(vm.world.ended(.vmUpdate).map(\.state)) == [.succeeded], "\(point)")
            #expect(Set(updates(vm).map(\.job)).count == 1, "\(point)")
            #expect(try await template(vm) == vm.world.nextImage.digest, "\(point)")
        }
    }
}
