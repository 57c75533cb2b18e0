import FleetModel
import FleetRuntime
import FleetTestSupport
import Hypervisor
@testable import Provisioning
import Testing

/// `vm.start`, `vm.stop`, `vm.suspend`, `vm.resume` and `vm.reboot`.
@Suite struct PowerTests {
    @Test func startsAndStops() async throws {
        let world = try await World()
        try await run(world, try world.clone(start: false))
        try await run(world, try start(world, 2))
        try await expectCompleteClone(world, World.jobID(1), running: true)
        try await run(world, try stop(world, 3))
        try await expectCompleteClone(world, World.jobID(1), running: false)
        try await run(world, try start(world, 4))
        try await run(world, try stop(world, 5, force: true))
        try await expectCompleteClone(world, World.jobID(1), running: false)
    }

    @Test func whatIsSoAlreadyIsFine() async throws {
        let world = try await World()
        try await run(world, try world.clone())
        let started = try await run(world, try start(world, 2))
        #expect(started.hypervisor.calls(of: .start) == 0)
        try await run(world, try stop(world, 3))
        let stopped = try await run(world, try stop(world, 4))
        #expect(stopped.hypervisor.calls(of: .shutdown) == 0)
    }

    @Test(
        arguments: [
            HypervisorError(
                .timeout, operation: "start", object: "office", message: "Timed out: swtpm socket did not show up"),
            HypervisorError(
                .failed, operation: "start", object: "office",
                message: "internal error: Could not run '/usr/bin/swtpm_setup'. exitstatus: 1"),
        ], [(2, JobState.succeeded), (3, .failed)])
    func aHelperThatComesUpTooLateIsGivenAnotherChance(
        _ late: HypervisorError, _ end: (failures: Int, outcome: JobState)
    ) async throws {
        let world = try await World()
        try await run(world, try world.clone(start: false))
        let life = try await Life(
            world, configure: { $0.fail(.start, with: Array(repeating: late, count: end.failures)) })
        let job = try start(world, 2)
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == end.outcome)
        #expect(life.hypervisor.calls(of: .start) == 3)
    }

    @Test func suspendsResumesAndReboots() async throws {
        let world = try await World()
        try await run(world, try world.clone())
        let paused = try await run(world, try on(world, 2, .vmSuspend))
        #expect(try await paused.hypervisor.domain(World.vm()).state == .paused)
        #expect(try await run(world, try on(world, 3, .vmSuspend)).hypervisor.calls(of: .suspend) == 0)
        let start = try start(world, 4)
        try await run(world, start, expecting: .rejected)
        #expect(world.last(of: start.id)?.reason == "paused")
        let resumed = try await run(world, try on(world, 5, .vmResume))
        #expect(try await resumed.hypervisor.domain(World.vm()).state == .running)
        #expect(try await run(world, try on(world, 6, .vmResume)).hypervisor.calls(of: .resume) == 0)
        #expect(try await run(world, try reboot(world, 7)).hypervisor.calls(of: .reboot) == 1)
        #expect(try await run(world, try reboot(world, 8, force: true)).hypervisor.calls(of: .reset) == 1)
    }

    @Test func whatIsOffCanBeNeitherPausedNorRebooted() async throws {
        let world = try await World()
        try await run(world, try world.clone(start: false))
        for (job, reason) in [
            (try on(world, 2, .vmSuspend), "not-running"), (try on(world, 3, .vmResume), "not-paused"),
            (try reboot(world, 4), "not-running"),
        ] {
            try await run(world, job, expecting: .rejected)
            #expect(world.last(of: job.id)?.reason == reason)
        }
    }

    @Test func aVMThatIsNotThereIsRejected() async throws {
        let world = try await World()
        for job in [
            try start(world, 2), try stop(world, 3), try on(world, 4, .vmSuspend), try on(world, 5, .vmResume),
            try reboot(world, 6),
        ] {
            try await run(world, job, expecting: .rejected)
            #expect(world.last(of: job.id)?.reason == "no-such-vm")
        }
    }

    @Test func aVMThatIgnoresTheRequestKeepsRunning() async throws {
        let world = try await World()
        try await run(world, try world.clone())
        let job = try stop(world, 2, timeoutSeconds: 0)
        try await run(world, job, expecting: .failed) { hypervisor in
            hypervisor.setGuest(InMemoryHypervisor.Guest(obeysShutdown: false), of: World.vm())
        }
        #expect(world.last(of: job.id)?.reason == "timeout")
        try await expectCompleteClone(world, World.jobID(1), running: true)
    }

    @Test func waitingForTheShutdownCanBeCancelled() async throws {
        let world = try await World()
        try await run(world, try world.clone())
        let life = try await Life(
            world,
            configure: { $0.setGuest(InMemoryHypervisor.Guest(obeysShutdown: false), of: World.vm()) })
        var job = try stop(world, 2, timeoutSeconds: 3600)
        try await life.receive(job)
        #expect(try await eventually { world.last(of: job.id)?.state == .verifying })
        job.cancel = true
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .cancelled)
        try await expectCompleteClone(world, World.jobID(1), running: true)
    }

    private func start(_ world: World, _ number: Int) throws -> Job { try on(world, number, .vmStart) }

    private func on(_ world: World, _ number: Int, _ kind: JobKindName) throws -> Job {
        try world.job(number, kind, VMArguments(vm: World.vm()))
    }

    private func reboot(_ world: World, _ number: Int, force: Bool = false) throws -> Job {
        try world.job(number, .vmReboot, RebootArguments(vm: World.vm(), force: force))
    }

    private func stop(_ world: World, _ number: Int, force: Bool = false, timeoutSeconds: Int = 120) throws -> Job {
        try world.job(
            number, .vmStop, StopArguments(vm: World.vm(), force: force, timeoutSeconds: timeoutSeconds))
    }

    @discardableResult
    private func run(
        _ world: World, _ job: Job, expecting end: JobState = .succeeded,
        configure: (InMemoryHypervisor) -> Void = { _ in }
    ) async throws -> Life {
        let life = try await Life(world, configure: configure)
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == end, "\(world.last(of: job.id)?.message ?? "")")
        return life
    }
}
