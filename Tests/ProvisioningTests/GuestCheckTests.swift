import FleetModel
import FleetRuntime
import FleetTestSupport
import Hypervisor
import Placement
@testable import Provisioning
import Testing

/// A clone or an update counts as done when the profile's checks of its guest end with 0.
@Suite struct GuestCheckTests {
    @Test func aCloneThatPassesItsChecksSucceeds() async throws {
        let world = try await World()
        let started = ExecTests.Started(GuestProgram(exitStatus: 0))
        try await run(world, try world.clone(), started)
        #expect(world.last(of: World.jobID(1))?.state == .succeeded)
        #expect(started.lines == ["/usr/bin/licensed", "/usr/bin/online"])
    }

    @Test func aCloneThatFailsACheckIsTakenBack() async throws {
        let world = try await World()
        let failing = GuestProgram(exitStatus: 1, errorOutput: Array("no license".utf8))
        let started = ExecTests.Started(failing)
        try await run(world, try world.clone(), started)
        let report = world.last(of: World.jobID(1))
        #expect(report?.state == .rolledBack && report?.reason == "exit-status")
        #expect(report?.message == "command 'licensed' ended with 1: no license")
        #expect(started.lines == ["/usr/bin/licensed"])
        #expect(try world.files(of: World.jobID(1)) == nil)
    }

    @Test func aCloneThatIsLeftOffIsNotChecked() async throws {
        let world = try await World()
        let started = ExecTests.Started(GuestProgram(exitStatus: 1))
        try await run(world, try world.clone(start: false), started)
        #expect(world.last(of: World.jobID(1))?.state == .succeeded && started.lines.isEmpty)
    }

    @Test(arguments: [Int?.none, 60])
    func anUpdateThatFailsACheckBringsTheOldSystemBack(limit: Int?) async throws {
        let world = try await World()
        try await run(world, try world.clone(), ExecTests.Started(GuestProgram(exitStatus: 0)))
        let update = try world.job(
            2, .vmUpdate,
            UpdateArguments(
                vm: World.vm(), image: world.nextImage, snapshot: ResourceName("before")!,
                guestAgentTimeoutSeconds: limit))
        let started = ExecTests.Started(GuestProgram(exitStatus: 2))
        // The host's profile has no checks any more: the VM's own counts.
        try await run(world, update, started, profile: Life.profile)
        #expect(world.last(of: update.id)?.state == .rolledBack)
        #expect(world.last(of: update.id)?.reason == "exit-status")
        #expect(started.lines == ["/usr/bin/licensed"])
        let domain = try await InMemoryHypervisor(directory: world.directory.file("hypervisor")).domain(World.vm())
        #expect(domain.state == .running && domain.origin?.template == world.image.digest)

        let again = try world.job(
            3, .vmUpdate,
            UpdateArguments(vm: World.vm(), image: world.nextImage, snapshot: ResourceName("before")!))
        try await run(world, again, ExecTests.Started(GuestProgram(exitStatus: 0)))
        #expect(world.last(of: again.id)?.state == .succeeded, "\(world.last(of: again.id)?.message ?? "")")
    }

    @Test func aCrashWhileAGuestIsCheckedHasItCheckedAgain() async throws {
        let world = try await World()
        let passing = ExecTests.Started(GuestProgram(exitStatus: 0))
        let life = try await Life(
            world, profile: Self.profile, configure: passing.configure, crashAt: { $0.moment == .afterVerification })
        try await life.receive(try world.clone())
        #expect(try await life.crashed())
        let failing = ExecTests.Started(GuestProgram(exitStatus: 1))
        try await Life(world, profile: Self.profile, configure: failing.configure).finish(World.jobID(1))
        #expect(world.last(of: World.jobID(1))?.state == .rolledBack)
        #expect(passing.lines.count == 2 && failing.lines.count == 1)
    }

    private static let profile: Profile = {
        var profile = Life.profile
        profile.guestAgentTimeoutSeconds = 60
        profile.guestCommands = ["online", "licensed"].map {
            GuestCommand(name: ResourceName($0)!, path: "/usr/bin/\($0)")
        }
        profile.guestChecks = ["licensed", "online"].compactMap { ResourceName($0) }
        return profile
    }()

    private func run(
        _ world: World, _ job: Job, _ started: ExecTests.Started, profile: Profile = GuestCheckTests.profile
    ) async throws {
        let life = try await Life(world, profile: profile, configure: started.configure)
        try await life.receive(job)
        try await life.finish(job.id)
    }
}
