import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
@testable import Provisioning
import Synchronization
import Synchronization
import Testing

/// The newest set is the whole truth of what the controller wants.
@Suite struct JobSetTests {
    struct Unacceptable: Sendable, CustomTestStringConvertible {
        var reason: String
        var change: @Sendable (inout Job) -> Void
        var testDescription: String { reason }
    }

    @Test(arguments: [
        Unacceptable(reason: "unknown-kind") { $0.kind = "vm.teleport" },
        Unacceptable(reason: "bad-arguments") { $0.arguments = .object(["vm": .string("x")]) },
        Unacceptable(reason: "unknown-requirement") { $0.requirements = ["moon.full"] },
    ])
    func whatTheAgentCannotJudgeIsRejected(_ subject: Unacceptable) async throws {
        let world = try await World()
        let life = try await Life(world)
        var job = try world.clone()
        subject.change(&job)
        let good = try world.clone(2, name: "good")
        try await life.receive(job, good)
        try await life.finish(job.id, good.id)
        #expect(world.states(of: job.id) == [.rejected])
        #expect(world.last(of: job.id)?.reason == subject.reason)
        #expect(world.last(of: good.id)?.state == .succeeded)
    }

    @Test func aVerbThatTheHostDoesNotAllowIsRejected() async throws {
        let world = try await World()
        let life = try await Life(world, allowed: [.vmStart, .vmStop])
        let job = try world.clone()
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.reason == "not-allowed")
        try await expectNothing(world, job.id)
    }

    @Test func expiryIsJudgedByTheJobItself() async throws {
        let world = try await World()
        let life = try await Life(world)
        var job = try world.clone()
        job.expiresAt = world.time.now() - 1
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.states(of: job.id) == [.expired])
        try await expectNothing(world, job.id)
    }

    /// Between the decision that it starts and its first step.
    @Test func aJobThatIsWithdrawnAtTheLastMomentDoesNotBegin() async throws {
        let world = try await World()
        let job = try world.clone()
        let runner = Mutex<JobRunner?>(nil)
        let life = try await Life(
            world,
            during: { point, _ in
                guard point.moment == .beforeIntent, let runner = runner.withLock({ $0 }) else { return }
                await runner.receive(envelope: try world.envelope([]))
            })
        runner.withLock { $0 = life.runner }
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .withdrawn)
        #expect(!world.states(of: job.id).contains(.applying))
        try await expectNothing(world, job.id)
    }

    /// Whoever reads the presence takes it that the record has all there was to say.
    @Test func aRevisionIsToldOnceAllThatCameBeforeIsInTheRecord() async throws {
        struct Full: Error {}
        let world = try await World()
        let isFull = Mutex(true)
        let life = try await Life(
            world, report: { _, _ in if isFull.withLock({ $0 }) { throw Full() } })
        let job = try world.clone()
        try await life.receive(job)
        _ = try await eventually { try await life.journal.job(job.id)?.state.isTerminal == true }
        try await life.receive()
        #expect(await life.runner.revision == 2)
        #expect(await life.runner.recordedRevision < 2)
        isFull.withLock { $0 = false }
        #expect(try await eventually { await life.runner.recordedRevision == 2 })
        #expect(world.last(of: job.id)?.state == .succeeded)
        try await life.stop()
    }

    @Test func aJobThatHasNotStartedIsWithdrawnByItsAbsence() async throws {
        let world = try await World()
        let life = try await Life(world)
        var job = try world.clone()
        job.notBefore = world.time.now() + 1000
        try await life.receive(job)
        #expect(try await eventually { world.last(of: job.id)?.state == .waiting })
        #expect(world.last(of: job.id)?.reason == "window")
        try await life.receive()
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .withdrawn)
        try await expectNothing(world, job.id)
    }

    @Test func aHostBeginsOnlySoManyJobsAnHourAlsoAfterARestart() async throws {
        let world = try await World()
        let jobs = try (1...4).map { try world.clone($0, name: "vm-\($0)") }
        let life = try await Life(world, maximumPerHour: 2)
        try await life.receive(jobs[0], jobs[1], jobs[2])
        func count(_ matches: (JobReport) -> Bool) -> Int {
            jobs.compactMap { world.last(of: $0.id) }.count(where: matches)
        }
        // Which of them are ready first is not said.
        #expect(try await eventually { count { $0.state == .succeeded } == 2 && count { $0.reason == "rate" } == 1 })
        try await life.stop()
        let next = try await Life(world, maximumPerHour: 2)
        try await next.receive(jobs[0], jobs[1], jobs[2], jobs[3])
        #expect(try await eventually { count { $0.reason == "rate" } == 2 })
        try await next.stop()
        #expect(count { $0.state == .succeeded } == 2)
        try await Life(world, maximumPerHour: 4).finish(jobs[0].id, jobs[1].id, jobs[2].id, jobs[3].id)
        #expect(jobs.allSatisfy { world.last(of: $0.id)?.state == .succeeded })
    }

    @Test func jobsHaveTheirTurnsByTheirRankAndANewSetChangesIt() async throws {
        let world = try await World()
        // One at a time, because all are about one name.
        var jobs = try (1...3).map { try world.clone($0, name: "same") }
        for index in jobs.indices { jobs[index].requirements = ["power"] }
        jobs[0].rank = 0
        let isOnMains = Mutex(false)
        let life = try await Life(world, isOnMains: { isOnMains.withLock(\.self) })
        try await life.receive(jobs[0], jobs[1], jobs[2])
        #expect(try await eventually { jobs.allSatisfy { world.last(of: $0.id)?.state == .waiting } })
        (jobs[0].rank, jobs[2].rank) = (5, 1)
        isOnMains.withLock { $0 = true }
        try await life.receive(jobs[0], jobs[1], jobs[2])
        try await life.finish(jobs[0].id, jobs[1].id, jobs[2].id)
        #expect(jobs.map { world.last(of: $0.id)?.state } == [.failed, .failed, .succeeded])
        #expect(world.last(of: jobs[0].id)?.reason == "name-exists")
    }

    @Test func aJobThatHasStartedGoesOnWithoutTheSet() async throws {
        let world = try await World()
        let job = try world.clone()
        let taken = Mailbox<Void>(capacity: 1)
        let begun = Mailbox<Void>(capacity: 1)
        let life = try await Life(
            world,
            during: { point, _ in
                guard point.step == "files", point.moment == .afterIntent else { return }
                begun.send(())
                _ = await taken.next()
            })
        try await life.receive(job)
        _ = await begun.next()
        try await life.receive()
        taken.send(())
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded)
        try await expectCompleteClone(world, job.id)
    }

    @Test func cancellingBeforeTheStartTouchesNothing() async throws {
        let world = try await World()
        let life = try await Life(world)
        var job = try world.clone()
        job.cancel = true
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.states(of: job.id) == [.cancelled])
        try await expectNothing(world, job.id)
    }

    @Test(arguments: ["files", "definition", "start"])
    func cancellingAStartedCloneTakesBackWhatItDid(step: String) async throws {
        let world = try await World()
        var job = try world.clone()
        job.cancel = false
        let cancelled = Mailbox<Void>(capacity: 1)
        let begun = Mailbox<Void>(capacity: 1)
        let life = try await Life(
            world,
            during: { point, _ in
                guard point.step == step, point.moment == .afterIntent else { return }
                begun.send(())
                _ = await cancelled.next()
            })
        try await life.receive(job)
        _ = await begun.next()
        job.cancel = true
        try await life.receive(job)
        cancelled.send(())
        try await life.finish(job.id)
        #expect(world.states(of: job.id).suffix(2) == [.rollingBack, .cancelled])
        try await expectNothing(world, job.id)
    }

    @Test func jobsOnOneVMRunInTheOrderOfTheirCreation() async throws {
        let world = try await World()
        let clone = try world.clone()
        let stop = try world.job(2, .vmStop, StopArguments(vm: World.vm(), force: true))
        let start = try world.job(3, .vmStart, VMArguments(vm: World.vm()))
        let delete = try world.job(4, .vmDelete, VMArguments(vm: World.vm()))
        let life = try await Life(world)
        try await life.receive(delete, start, stop, clone)
        try await life.finish(clone.id, stop.id, start.id, delete.id)
        let ends = world.reports.withLock { $0.filter { $0.state.isTerminal } }
        #expect(ends.map(\.job) == [clone.id, stop.id, start.id, delete.id])
        #expect(ends.allSatisfy { $0.state == .succeeded })
        try await expectNothing(world, clone.id)
    }

    @Test func aReportLeavesTheJournalOnlyWhenTheStreamHasIt() async throws {
        let world = try await World()
        let job = try world.clone()
        struct Full: Error {}
        let life = try await Life(world, report: { _, _ in throw Full() })
        try await life.receive(job)
        #expect(try await eventually { try await life.journal.job(job.id)?.state == .succeeded })
        try await life.stop()
        #expect(world.reports.withLock { $0 } == [])

        let next = try await Life(world)
        try await next.finish(job.id)
        #expect(world.states(of: job.id).first == .accepted)
        #expect(world.last(of: job.id)?.state == .succeeded)
        #expect(next.hypervisor.calls(of: .define) == 0)
    }

    /// Whoever takes reports can tell a second offer from a second report.
    @Test func aReportKeepsItsKeyWhenItIsOfferedAgain() async throws {
        let world = try await World()
        let job = try world.clone()
        let offers = Mutex<[(state: JobState, key: String)]>([])
        struct Killed: Error {}
        @Sendable func take(_ report: JobReport, _ key: String) { offers.withLock { $0.append((report.state, key)) } }
        // Its outlet takes the first report, which the journal never hears of.
        var life = try await Life(
            world,
            report: {
                take($0, $1)
                throw Killed()
            })
        try await life.receive(job)
        #expect(try await eventually { try await life.journal.job(job.id)?.state == .succeeded })
        try await life.stop()
        let first = offers.withLock { offers in
            defer { offers = [] }
            return offers.first?.key
        }

        life = try await Life(world, report: { take($0, $1) })
        #expect(try await eventually { world.ended(job.id) })
        // The controller, which has not read that far, names the job again.
        try await life.receive(job)
        #expect(try await eventually { world.states(of: job.id).filter(\.isTerminal).count == 2 })
        try await life.stop()
        let second = offers.withLock { $0 }
        #expect(first != nil && second.first?.key == first)
        #expect(second.count - 1 == Set(second.map(\.key)).count)
        #expect(second.suffix(2).map(\.state) == [.succeeded, .succeeded])
        #expect(Set(second.suffix(2).map(\.key)).count == 1)
    }

    @Test func finishedJobsAreForgottenLongAfterTheirExpiryOnly() async throws {
        let time = ManualTimeSource()
        let world = try await World(time: time)
        let job = try world.clone()
        let life = try await Life(world)
        try await life.receive(job)
        #expect(try await eventually { world.ended(job.id) })
        time.advance(by: .seconds(20 * 86400))
        try await life.receive()
        #expect(try await life.journal.jobs().map(\.id) == [job.id])
        time.advance(by: .seconds(20 * 86400))
        try await life.receive()
        #expect(try await life.journal.jobs() == [])
        try await life.stop()
    }
}
