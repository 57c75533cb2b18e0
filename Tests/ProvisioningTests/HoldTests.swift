import FleetModel
import FleetRuntime
import FleetTestSupport
import Hypervisor
@testable import Provisioning
import Synchronization
import Testing

/// While the host prepares to sleep.
@Suite struct HoldTests {
    @Test func noJobStartsUntilTheHostIsAwake() async throws {
        let world = try await World()
        let life = try await Life(world)
        #expect(await life.runner.hold().isEmpty)
        try await life.receive(world.clone())
        // Long enough for a clone that is not held.
        try await Task.sleep(for: .milliseconds(500))
        #expect(world.states(of: World.jobID(1)).isEmpty)
        #expect(try await life.hypervisor.domains().isEmpty)
        await life.runner.release()
        try await life.finish(World.jobID(1))
        #expect(world.last(of: World.jobID(1))?.state == .succeeded)
    }

    @Test func whatIsAtWorkGoesOnAndItsVMIsNamed() async throws {
        let world = try await World()
        let started = Mailbox<Void>(capacity: 1)
        let mayGoOn = Mailbox<Void>(capacity: 1)
        let life = try await Life(
            world,
            during: { point, _ in
                guard point.moment == .afterIntent, started.send(()) else { return }
                started.finish()
                _ = await mayGoOn.next()
            })
        try await life.receive(world.clone())
        _ = await started.next()
        #expect(await life.runner.hold() == [World.vm()])
        mayGoOn.send(())
        try await life.finish(World.jobID(1))
        #expect(world.last(of: World.jobID(1))?.state == .succeeded)
    }
}
