import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import ImageStore
@testable import Provisioning
import SQLite
import Testing

/// What happens around a job while it works.
@Suite struct DisturbanceTests {
    @Test(arguments: ["files", "definition", "start"])
    func aHypervisorThatGoesAwayIsWaitedFor(step: String) async throws {
        let world = try await World()
        let job = try world.clone()
        let life = try await Life(
            world,
            during: { point, hypervisor in
                if point.step == step, point.moment == .afterIntent {
                    hypervisor.disconnect()
                    Task {
                        _ = try await eventually { hypervisor.calls(of: .domain) > 0 }
                        try hypervisor.reconnect()
                    }
                }
            })
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded)
        try await expectCompleteClone(world, job.id)
        #expect(life.hypervisor.calls(of: .define) == 1)
    }

    @Test func withoutAHypervisorAJobWaits() async throws {
        let world = try await World()
        let job = try world.clone()
        let life = try await Life(world, configure: { $0.disconnect() })
        try await life.receive(job)
        #expect(try await eventually { world.last(of: job.id)?.state == .waiting })
        #expect(world.last(of: job.id)?.reason == "agent")
        try life.hypervisor.reconnect()
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded)
    }

    @Test func aVMUndefinedBehindOurBackFailsTheCloneAndLeavesNothing() async throws {
        for step in ["definition", "start"] {
            let world = try await World()
            let job = try world.clone()
            let life = try await Life(
                world,
                during: { point, hypervisor in
                    if point.step == step, point.moment == .afterEffect { try hypervisor.vanish(World.vm()) }
                })
            try await life.receive(job)
            try await life.finish(job.id)
            #expect(world.last(of: job.id)?.state == .rolledBack)
            #expect(world.last(of: job.id)?.reason == "vm-gone")
            try await expectNothing(world, job.id)
        }
    }

    @Test func aVMThatSomebodyRedefinedIsLeftAloneWithItsFiles() async throws {
        let world = try await World()
        let job = try world.clone(start: false)
        let disk = "\(world.vmDirectory)/\(job.id)/disk.qcow2"
        let life = try await Life(
            world,
            during: { point, hypervisor in
                guard point.moment == .beforeVerification else { return }
                _ = try await hypervisor.define(CloneTests.foreignVM(name: "office", id: World.vm(), disk: disk))
            })
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .rollbackFailed)
        #expect(world.last(of: job.id)?.reason == "vm-changed")
        #expect(try await life.hypervisor.domains().count == 1)
        #expect(DurableFile.exists(disk))
    }

    /// libvirt refuses to stop what has just stopped by itself; what was wanted is so.
    @Test(arguments: [false, true])
    func aGuestThatGoesOffWhileItIsStoppedIsStopped(force: Bool) async throws {
        let world = try await World()
        let clone = try world.clone()
        let first = try await Life(world)
        try await first.receive(clone)
        try await first.finish(clone.id)
        let stop = try world.job(2, .vmStop, StopArguments(vm: World.vm(), force: force))
        let second = try await Life(
            world,
            during: { point, hypervisor in
                if point.moment == .afterIntent { try hypervisor.powerOff(World.vm()) }
            })
        try await second.receive(stop)
        try await second.finish(stop.id)
        #expect(world.last(of: stop.id)?.state == .succeeded, "\(world.last(of: stop.id)?.message ?? "")")
        #expect(second.hypervisor.calls(of: force ? .destroy : .shutdown) == 0, "the call was refused")
    }

    @Test func anAgentThatStaysSilentRollsBack() async throws {
        let world = try await World()
        let job = try world.clone()
        var profile = Life.profile
        profile.guestAgentTimeoutSeconds = 0
        let life = try await Life(
            world, profile: profile,
            configure: { $0.setGuest(InMemoryHypervisor.Guest(agentAnswers: false), of: World.vm()) })
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .rolledBack)
        #expect(world.last(of: job.id)?.reason == "no-guest-agent")
        try await expectNothing(world, job.id)
    }

    @Test func anAgentThatAnswersEndsTheWait() async throws {
        let world = try await World()
        let job = try world.clone()
        var profile = Life.profile
        profile.guestAgentTimeoutSeconds = 60
        let life = try await Life(world, profile: profile)
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded)
        #expect(life.hypervisor.calls(of: .guestAgentAnswers) == 1)
    }

    @Test func aFullDiskDuringACloneLeavesNothingThere() async throws {
        let small = try SmallFileSystem(bytes: 4 << 20)
        let world = try await World(vmDirectory: small.file("vms"))
        let job = try world.clone()
        let life = try await Life(
            world,
            during: { point, _ in
                if point.step == "files", point.moment == .afterIntent { try small.fill() }
            })
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .rolledBack)
        #expect(world.last(of: job.id)?.reason == "no-space")
        try await expectNothing(world, job.id)
        try small.drain()
        let again = try world.clone(2)
        let next = try await Life(world)
        try await next.receive(again)
        try await next.finish(again.id)
        #expect(world.last(of: again.id)?.state == .succeeded)
    }

    @Test func aJournalThatCannotBeWrittenStopsTheJobUntilItCan() async throws {
        let small = try SmallFileSystem(bytes: 4 << 20)
        let world = try await World(journalDirectory: small.path)
        let job = try world.clone()
        let life = try await Life(world)
        try small.fill()
        let envelope = try world.envelope([job])
        await life.runner.receive(envelope: envelope)
        #expect(await life.runner.revision == 0)
        #expect(life.hypervisor.calls(of: .define) == 0)
        try small.drain()
        await life.runner.receive(envelope: envelope)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded)
        try await expectCompleteClone(world, job.id)
    }

    @Test(arguments: [-86400, 86400]) func aClockThatJumpsByADayNeitherRunsNorLosesAJob(seconds: Int) async throws {
        let time = ManualTimeSource()
        let world = try await World(time: time)
        let life = try await Life(world, synchronised: false)
        let job = try world.clone()
        time.jump(by: .seconds(seconds))
        await life.runner.receive(envelope: try world.envelope([job], issuedAt: time.now() - Double(seconds)))
        #expect(try await eventually { world.last(of: job.id)?.state == .waiting })
        #expect(world.last(of: job.id)?.reason == "clock")
        #expect(life.hypervisor.calls(of: .define) == 0)
        time.jump(by: .seconds(-seconds))
        #expect(
            try await eventually {
                time.advance(by: .seconds(1))
                return world.ended(job.id)
            })
        #expect(world.last(of: job.id)?.state == .succeeded)
        try await life.stop()
    }

    /// Its word is taken by a host whose own clock says otherwise only as far as nothing is done.
    @Test(arguments: [false, true])
    func aControllersClockADayAheadHoldsJobsUntilItSignsWithTheRightOne(synchronised: Bool) async throws {
        let world = try await World()
        let first = try world.clone(1, name: "first")
        let second = try world.clone(2, name: "second")
        var life = try await Life(world, synchronised: synchronised)
        await life.runner.receive(envelope: try world.envelope([first], issuedAt: Date() + 86400))
        #expect(try await eventually { world.last(of: first.id)?.reason == "clock" })
        try await life.stop()

        life = try await Life(world, synchronised: synchronised)
        await life.runner.receive(envelope: try world.envelope([first, second]))
        try await life.finish(first.id, second.id)
        #expect(world.last(of: first.id)?.state == .succeeded)
        #expect(world.last(of: second.id)?.state == .succeeded)
    }

    /// As docs/operator-guide.md says.
    @Test func aHostThatBelievedAClockThatWasAheadCanForgetIt() async throws {
        let time = ManualTimeSource()
        let world = try await World(time: time)
        let first = try world.clone(1, name: "first")
        let second = try world.clone(2, name: "second")
        time.jump(by: .seconds(86400))
        var life = try await Life(world)
        try await life.receive(first)
        try await life.finish(first.id)
        time.jump(by: .seconds(-86400))
        life = try await Life(world)
        try await life.receive(second)
        #expect(try await eventually { world.last(of: second.id)?.reason == "clock" })
        try await life.stop()

        try Connection(path: world.journalPath).execute("UPDATE facts SET newest_time = NULL")
        life = try await Life(world)
        try await life.finish(second.id)
        #expect(world.last(of: second.id)?.state == .succeeded)
    }

    /// An agent is updated in the middle of a job to one with other steps: the journal tells them by name.
    @Test func aLaterAgentGoesOnWhereAnEarlierOneHadOtherSteps() async throws {
        let world = try await World()
        let job = try world.clone()
        let first = try await Life(world, crashAt: { $0.step == "definition" && $0.moment == .afterEffect })
        try await first.receive(job)
        #expect(try await first.crashed())
        do {
            let journal = try Connection(path: world.journalPath)
            try journal.execute("DELETE FROM steps")
            let earlier = [
                ("directory", "done"), ("overlay", "done"), ("variables", "done"), ("definition", "intended"),
            ]
            for (position, step) in earlier.enumerated() {
                try journal.execute(
                    "INSERT INTO steps (job, position, name, state) VALUES (?, ?, ?, ?)",
                    [job.id.description, position, step.0, step.1])
            }
        }
        let life = try await Life(world)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded, "\(world.last(of: job.id)?.message ?? "")")
        #expect(first.hypervisor.calls(of: .define) == 1 && life.hypervisor.calls(of: .define) == 0)
        #expect(try world.files(of: job.id) == ["disk.qcow2", "variables.fd"])
    }

    @Test func theProcessOfALaterAgentGoesOnWithThePlanOfTheEarlier() async throws {
        let world = try await World()
        let job = try world.clone()
        let first = try await Life(world, crashAt: { $0.step == "files" && $0.moment == .afterEffect })
        try await first.receive(job)
        #expect(try await first.crashed())
        var profile = Life.profile
        profile.memoryMiB = 12345
        let life = try await Life(world, profile: profile)
        try await life.finish(job.id)
        #expect(try await life.hypervisor.domain(World.vm()).memoryBytes == UInt64(Life.profile.memoryMiB) << 20)
    }
}
