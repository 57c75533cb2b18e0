import FleetModel
import FleetTestSupport
import Hypervisor
import Placement
@testable import Provisioning
import Synchronization
import Testing

/// `guest.exec`: what a VM's own profile allows, once.
@Suite struct ExecTests {
    @Test func aCommandRunsAsTheProfileSaysAndItsOutputIsReported() async throws {
        let world = try await made()
        let started = Started(GuestProgram(exitStatus: 0, output: Array("fine\n".utf8)))
        try await run(world, try exec(world, "state"), started)
        #expect(started.lines == ["/usr/bin/state -q"])
        let report = world.last(of: World.jobID(2))
        #expect(report?.state == .succeeded && report?.message == "command 'state' ended with 0")
        #expect(
            report?.result
                == .command(GuestCommandResult(exitStatus: 0, output: "fine\n", errorOutput: "", isCut: false)))
        #expect(world.reports.withLock { $0.count { $0.result != nil } } == 1, "only the last report has it")
    }

    @Test func anotherExitStatusFailsTheJobWithWhatWasSaid() async throws {
        let world = try await made()
        let failing = GuestProgram(exitStatus: 3, output: [0xFF], errorOutput: Array("one\nno license\n".utf8))
        try await run(world, try exec(world, "state"), Started(failing))
        let report = world.last(of: World.jobID(2))
        #expect(report?.state == .failed && report?.reason == "exit-status")
        #expect(report?.message == "command 'state' ended with 3: no license")
        #expect(
            report?.result
                == .command(
                    GuestCommandResult(
                        exitStatus: 3, output: "\u{FFFD}", errorOutput: "one\nno license\n", isCut: false)))
        try await run(world, try exec(world, "state", 3), Started(GuestProgram(signal: 9)))
        #expect(world.last(of: World.jobID(3))?.message == "command 'state' was ended by signal 9")
    }

    @Test func nothingRunsThatTheVMsOwnProfileDoesNotName() async throws {
        let world = try await made()
        let started = Started(GuestProgram(exitStatus: 0))
        // The host's profile has it by now; the VM's own has not.
        var newer = Self.profile
        newer.guestCommands.append(GuestCommand(name: ResourceName("format")!, path: "/sbin/mkfs"))
        for (number, command, arguments, reason) in [
            (2, "format", [], "unknown-command"), (3, "state", ["--all"], "no-arguments"),
        ] {
            try await run(world, try exec(world, command, number, arguments), started, profile: newer)
            #expect(world.last(of: World.jobID(number))?.state == .rejected)
            #expect(world.last(of: World.jobID(number))?.reason == reason)
        }
        #expect(started.lines == [])
        try await run(world, try exec(world, "log", 4, ["-n", "5"]), started)
        #expect(started.lines == ["/usr/bin/log -r -n 5"])
    }

    @Test func whatCannotBeRunIsSaid() async throws {
        let world = try await made()
        try await run(world, try exec(world, "state"), Started(nil))
        #expect(world.last(of: World.jobID(2))?.reason == "not-started")
        let life = try await Life(
            world, configure: { $0.setGuest(InMemoryHypervisor.Guest(agentAnswers: false), of: World.vm()) })
        try await life.receive(try exec(world, "state", 3))
        try await life.finish(World.jobID(3))
        #expect(world.last(of: World.jobID(3))?.reason == "no-guest-agent")
        let off = try await made(start: false)
        try await run(off, try exec(off, "state"), Started(nil))
        #expect(off.last(of: World.jobID(2))?.reason == "not-running")
    }

    @Test func aCommandThatTakesTooLongIsLeftInTheGuestAndSaidToBe() async throws {
        let world = try await made()
        try await run(world, try exec(world, "quick"), Started(GuestProgram(isRunning: true)))
        let report = world.last(of: World.jobID(2))
        #expect(report?.state == .failed && report?.reason == "timeout")
        #expect(report?.message?.contains("goes on in the guest as process 1") == true)
    }

    @Test func waitingForACommandCanBeCancelled() async throws {
        let world = try await made()
        let life = try await Life(world, configure: Started(GuestProgram(isRunning: true)).configure)
        var job = try exec(world, "state")
        try await life.receive(job)
        #expect(try await eventually { world.last(of: job.id)?.state == .verifying })
        job.cancel = true
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .cancelled)
    }

    @Test func aHypervisorThatGoesAwayMeanwhileIsWaitedFor() async throws {
        let world = try await made()
        let started = Started(GuestProgram(exitStatus: 0))
        let gone = HypervisorError(.disconnected, operation: "ask", object: "VM", message: "eof")
        let life = try await Life(
            world,
            configure: { hypervisor in
                started.configure(hypervisor)
                hypervisor.fail(.program, with: gone, gone)
            })
        try await life.receive(try exec(world, "state"))
        try await life.finish(World.jobID(2))
        #expect(world.last(of: World.jobID(2))?.state == .succeeded)
        #expect(started.lines.count == 1)
    }

    @Test func ofALongOutputTheEndIsKept() {
        let long = Array((String(repeating: "ä", count: 20_000) + "end").utf8)
        let result = GuestCommandResult(GuestProgram(exitStatus: 0, output: long, errorOutput: Array("e".utf8)))
        #expect(result.isCut && result.output.hasSuffix("äend") && result.output.hasPrefix("ä"))
        #expect(result.output.utf8.count <= GuestCommandResult.maximumOutputBytes)
        #expect(result.errorOutput == "e")
    }

    @Test func noCrashRunsACommandTwice() async throws {
        let undisturbed = try await made()
        let program = GuestProgram(exitStatus: 0)
        let points = try await run(undisturbed, try exec(undisturbed, "state"), Started(program))
        #expect(points.count == 3 + 4)
        for point in points {
            let world = try await made()
            let started = Started(program)
            let life = try await Life(world, configure: started.configure, crashAt: { $0 == point })
            try await life.receive(try exec(world, "state"))
            #expect(try await life.crashed(), "\(point)")
            try await Life(world, configure: started.configure).finish(World.jobID(2))
            let report = world.last(of: World.jobID(2))
            if point.moment == .beforeIntent || point.moment == .afterEnd {
                #expect(report?.state == .succeeded && started.lines.count == 1, "\(point)")
            } else {
                #expect(report?.state == .failed && report?.reason == "interrupted", "\(point)")
                #expect(started.lines.count == (point.moment == .afterIntent ? 0 : 1), "\(point)")
            }
        }
    }

    // Helpers

    /// Programs that a guest has started, all of which behave alike.
    final class Started: Sendable {
        private let program: GuestProgram?
        private let started = Mutex<[String]>([])

        init(_ program: GuestProgram?) { self.program = program }

        var lines: [String] { started.withLock { $0 } }

        @Sendable func configure(_ hypervisor: InMemoryHypervisor) {
            var guest = InMemoryHypervisor.Guest()
            guest.run = { [self] path, arguments in
                started.withLock { $0.append(([path] + arguments).joined(separator: " ")) }
                return program
            }
            hypervisor.setGuest(guest, of: World.vm())
        }
    }

    static let profile: Profile = {
        var profile = Life.profile
        profile.guestCommands = [
            GuestCommand(name: ResourceName("state")!, path: "/usr/bin/state", arguments: ["-q"]),
            GuestCommand(name: ResourceName("log")!, path: "/usr/bin/log", arguments: ["-r"], takesArguments: true),
            GuestCommand(name: ResourceName("quick")!, path: "/usr/bin/quick", timeoutSeconds: 1),
        ]
        return profile
    }()

    private func made(start: Bool = true) async throws -> World {
        let world = try await World()
        let life = try await Life(world, profile: Self.profile)
        try await life.receive(try world.clone(start: start))
        try await life.finish(World.jobID(1))
        return world
    }

    private func exec(_ world: World, _ command: String, _ number: Int = 2, _ arguments: [String] = []) throws -> Job {
        try world.job(
            number, .guestExec,
            ExecArguments(vm: World.vm(), command: ResourceName(command)!, arguments: arguments))
    }

    @discardableResult
    private func run(
        _ world: World, _ job: Job, _ started: Started, profile: Profile = ExecTests.profile
    ) async throws -> [FaultPoint] {
        let life = try await Life(world, profile: profile, configure: started.configure)
        try await life.receive(job)
        try await life.finish(job.id)
        return await life.points()
    }
}
