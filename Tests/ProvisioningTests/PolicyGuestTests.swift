import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Testing

@testable import Provisioning

/// Commands that a host runs in its guests by itself, and what takes the place of a profile's word; the clock is the test's.
@Suite struct PolicyGuestTests {
    private let time = ManualTimeSource()

    private func policy(_ command: String, _ times: [Date]) -> GuestCommandPolicy {
        GuestCommandPolicy(
            name: ResourceName("patch-\(command)")!, times: times, graceSeconds: 1800,
            command: ResourceName(command)!)
    }

    private func pass(_ seconds: Double, _ life: Life) async {
        time.advance(by: .seconds(seconds))
        await life.runner.release()
    }

    private func made(start: Bool = true) async throws -> World {
        let world = try await World(time: time)
        let life = try await Life(world, profile: ExecTests.profile)
        try await life.receive(world.clone(start: start))
        try await life.finish(World.jobID(1))
        return world
    }

    @Test func aCommandRunsOncePerTimeAlsoWhenTheAgentIsStartedAgain() async throws {
        let world = try await made()
        let started = ExecTests.Started(GuestProgram(exitStatus: 0))
        let times = [1, 2].map { time.now() + 3600 * $0 }
        let first = try await Life(world, configure: started.configure)
        await first.runner.receive(
            desired: try world.desired(1, PolicySet(guestCommands: [policy("state", times)])))
        await pass(3600, first)
        #expect(try await eventually { world.ended(.guestExec).count == 1 })
        await pass(300, first)
        try await first.stop()
        let second = try await Life(world, configure: started.configure)
        await pass(600, second)
        await pass(2700, second)
        #expect(try await eventually { world.ended(.guestExec).count == 2 })
        try await second.stop()
        #expect(world.ended(.guestExec).allSatisfy { $0.state == .succeeded })
        #expect(started.lines == ["/usr/bin/state -q", "/usr/bin/state -q"])
        #expect(Set(world.reports.withLock { $0.map(\.job) }).count == 3, "the clone and one for each time")
    }

    @Test func aVMWhoseProfileDoesNotNameItIsLeftAloneAndThatIsSaidOnce() async throws {
        let world = try await made()
        let started = ExecTests.Started(GuestProgram(exitStatus: 0))
        let life = try await Life(world, configure: started.configure)
        let times = [1, 2].map { time.now() + 3600 * $0 }
        await life.runner.receive(
            desired: try world.desired(
                1, PolicySet(guestCommands: [policy("format", times), policy("state", times)])))
        for number in 1...2 {
            await pass(3600, life)
            #expect(try await eventually { world.ended(.guestExec).count == number })
        }
        #expect(
            await life.runner.lackingCommands == [.init(vm: World.vm(), command: ResourceName("format")!)])
        #expect(try await life.journal.jobs().compactMap(\.policy?.description) == ["patch-state", "patch-state"])
        try await life.stop()
        #expect(started.lines == ["/usr/bin/state -q", "/usr/bin/state -q"])
    }

    @Test func aGuestThatIsOffHasItsTurnWhenItRunsWithinTheGrace() async throws {
        let world = try await made(start: false)
        let started = ExecTests.Started(GuestProgram(exitStatus: 0))
        let life = try await Life(world, configure: started.configure)
        await life.runner.receive(
            desired: try world.desired(
                1,
                PolicySet(
                    snapshots: [
                        SnapshotPolicy(
                            name: ResourceName("witness")!, times: [time.now()], graceSeconds: 600,
                            keep: SnapshotRetention(last: 1))
                    ], guestCommands: [policy("state", [time.now()])])))
        #expect(try await eventually { world.ended(.snapshotCreate).map(\.state) == [.succeeded] })
        #expect(try await life.journal.jobs().compactMap(\.policy?.description) == ["witness"])
        try await life.hypervisor.start(World.vm())
        #expect(
            try await eventually {
                await pass(60, life)
                return world.ended(.guestExec).map(\.state) == [.succeeded]
            })
        try await life.stop()
        #expect(started.lines.count == 1)
    }

    @Test func aPolicyThatIsReplacedByAnotherKindTakesItsJobsAlong() async throws {
        let world = try await made()
        let life = try await Life(world, configure: ExecTests.Started(GuestProgram(exitStatus: 0)).configure)
        let missed = policy("state", [time.now() - 900])
        await life.runner.receive(desired: try world.desired(1, PolicySet(guestCommands: [missed])))
        #expect(try await eventually { world.reports.withLock { $0.last?.state == .waiting } })
        let other = PowerPolicy(name: missed.name, power: HostPowerPolicy(onSleep: .save))
        await life.runner.receive(desired: try world.desired(2, PolicySet(power: [other])))
        #expect(try await eventually { world.ended(.guestExec).map(\.state) == [.withdrawn] })
        try await life.stop()
    }

    @Test func whatTakesTheProfilesPlaceOutlivesTheAgentAndGoesWithItsPolicy() async throws {
        let world = try await made()
        let saving = PowerPolicy(name: ResourceName("night")!, power: HostPowerPolicy(onSleep: .save))
        let first = try await Life(world)
        let before = try await first.hypervisor.definition(of: World.vm())
        #expect(await first.runner.powerPolicies.isEmpty && first.runner.powerChanges.count == 0)
        await first.runner.receive(desired: try world.desired(1, PolicySet(power: [saving])))
        #expect(await first.runner.powerPolicies == [saving] && first.runner.powerChanges.count == 1)
        try await first.stop()
        let second = try await Life(world)
        #expect(await second.runner.powerPolicies == [saving] && second.runner.powerChanges.count == 1)
        let domain = try await second.hypervisor.domain(World.vm())
        #expect([saving].power(of: domain).onSleep == .save && domain.power.onSleep == .pause)
        await second.runner.receive(desired: try world.desired(2, PolicySet()))
        #expect(await second.runner.powerPolicies.isEmpty)
        try await second.stop()
        #expect([].power(of: domain).onSleep == .pause)
        #expect(try await second.hypervisor.definition(of: World.vm()) == before, "nothing is written into it")
    }

    @Test func statesThatNobodyCouldFollowAreRefused() async throws {
        let world = try await made()
        let life = try await Life(world)
        let name = ResourceName("patch-state")!
        let power = PowerPolicy(name: name, power: HostPowerPolicy())
        let many = (1...17).map { PowerPolicy(name: ResourceName("p\($0)")!, power: HostPowerPolicy()) }
        let long = GuestCommandPolicy(
            name: name, times: (0..<20_000).map { time.now() + Double($0) * 60 }, graceSeconds: 60, command: name)
        for (revision, wrong) in [
            PolicySet(guestCommands: [policy("state", [])], power: [power]), PolicySet(power: many),
            PolicySet(guestCommands: [long]),
        ].enumerated() {
            await life.runner.receive(desired: try world.desired(UInt64(revision + 1), wrong))
        }
        #expect(world.refusals.withLock { $0.map(\.what) } == ["malformed", "too-large", "too-large"])
        #expect(await life.runner.desiredRevision == 0)
        #expect(await life.runner.powerPolicies.isEmpty)
        try await life.stop()
    }
}
