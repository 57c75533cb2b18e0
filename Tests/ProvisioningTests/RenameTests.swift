import FleetModel
import FleetTestSupport
import Hypervisor
@testable import Provisioning
import Testing

/// `vm.rename`: another name, and nothing else.
@Suite struct RenameTests {
    @Test func onlyTheNameChanges() async throws {
        let world = try await made()
        let before = try await hypervisor(world).definition(of: World.vm())
        try await run(world, try rename(world, "lab"))
        #expect(world.last(of: World.jobID(2))?.state == .succeeded)
        #expect(world.last(of: World.jobID(2))?.message == "it was named office")
        let after = try await hypervisor(world).definition(of: World.vm())
        #expect(after == before.replacing("<name>office</name>", with: "<name>lab</name>") && after != before)
        let drift = try await DriftInspection(Life(world).host).differences(of: hypervisor(world).domain(World.vm()))
        #expect(drift == [])
        // The name is free again, and its own may be asked for once more.
        try await run(world, try world.clone(3, name: "office", start: false))
        #expect(world.last(of: World.jobID(3))?.state == .succeeded)
        try await run(world, try rename(world, "lab", 4))
        #expect(world.last(of: World.jobID(4))?.message == "it has that name already")
    }

    @Test func snapshotsStayAndARevertKeepsTheNewName() async throws {
        let vm = try await SnapshotWorld(running: false)
        try await vm.run(vm.snapshot(2, "clean"))
        try await vm.run(rename(vm.world, "lab", 3))
        #expect(vm.outcome(3)?.state == .succeeded)
        #expect(try await vm.snapshots().map(\.name) == [ResourceName("clean")])
        try await vm.run(vm.revert(4, to: 2))
        #expect(vm.outcome(4)?.state == .succeeded, "\(vm.outcome(4)?.message ?? "")")
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).name == "lab")
    }

    @Test func whatCannotBeRenamedIsRefusedBeforeAnythingIsTouched() async throws {
        let world = try await made()
        try await run(world, try world.clone(2, name: "plc", start: false))
        func expectRefusal(_ number: Int, _ reason: String, name: String = "lab") async throws {
            let life = try await Life(world)
            try await life.receive(try rename(world, name, number))
            try await life.finish(World.jobID(number))
            #expect(world.last(of: World.jobID(number))?.state == .rejected)
            #expect(world.last(of: World.jobID(number))?.reason == reason)
            #expect(life.hypervisor.calls(of: .rename) == 0)
        }
        try await expectRefusal(3, "name-exists", name: "plc")
        try hypervisor(world).keep(World.vm(), managedSave: true)
        try await expectRefusal(4, "saved-memory")
        try hypervisor(world).keep(World.vm(), foreignSnapshots: ["by-hand"])
        try await expectRefusal(5, "foreign-snapshots")
        try hypervisor(world).keep(World.vm())
        try await hypervisor(world).start(World.vm())
        try await expectRefusal(6, "not-off")
        let id = VMID.random()
        _ = try await hypervisor(world).define(CloneTests.foreignVM(name: "mine", id: id))
        try await run(
            world, try world.job(7, .vmRename, RenameArguments(vm: id, name: ResourceName("ours")!)))
        #expect(world.last(of: World.jobID(7))?.reason == "not-ours")
        #expect(try await hypervisor(world).domain(id).name == "mine")
    }

    @Test func everyCrashEndsWithTheNewName() async throws {
        let undisturbed = try await made()
        let points = try await run(undisturbed, try rename(undisturbed, "lab"))
        #expect(points.count == 3 + 4)
        for point in points {
            let world = try await made()
            let life = try await Life(world, crashAt: { $0 == point })
            try await life.receive(try rename(world, "lab"))
            #expect(try await life.crashed(), "\(point)")
            let next = try await Life(world)
            try await next.finish(World.jobID(2))
            #expect(world.last(of: World.jobID(2))?.state == .succeeded, "\(point)")
            #expect(try await hypervisor(world).domains().map(\.name) == ["lab"], "\(point)")
            #expect(life.hypervisor.calls(of: .rename) + next.hypervisor.calls(of: .rename) == 1, "\(point)")
        }
    }

    @Test func aNameThatSomebodyGivesMeanwhileIsNotTakenAway() async throws {
        let world = try await made()
        let life = try await Life(
            world,
            during: { point, hypervisor in
                guard point.step == "name", point.moment == .afterIntent else { return }
                try await hypervisor.rename(World.vm(), "theirs")
            })
        try await life.receive(try rename(world, "lab"))
        try await life.finish(World.jobID(2))
        #expect(world.last(of: World.jobID(2))?.reason == "vm-changed")
        #expect(try await hypervisor(world).domain(World.vm()).name == "theirs")
    }

    // Helpers

    private func made() async throws -> World {
        let world = try await World()
        try await run(world, try world.clone(start: false))
        return world
    }

    private func rename(_ world: World, _ name: String, _ number: Int = 2) throws -> Job {
        try world.job(number, .vmRename, RenameArguments(vm: World.vm(), name: ResourceName(name)!))
    }

    private func hypervisor(_ world: World) throws -> InMemoryHypervisor {
        try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
    }

    @discardableResult
    private func run(_ world: World, _ job: Job) async throws -> [FaultPoint] {
        let life = try await Life(world)
        try await life.receive(job)
        try await life.finish(job.id)
        return await life.points()
    }
}
