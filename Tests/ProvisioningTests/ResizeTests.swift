import FleetModel
import FleetTestSupport
import Hypervisor
import Placement
@testable import Provisioning
import Subprocess
import Testing

/// `vm.resize`: sizes that stay with the VM, and disks that grow.
@Suite struct ResizeTests {
    @Test func otherSizesAreNoDriftAndOutliveAFix() async throws {
        let world = try await made()
        try await run(world, try resize(world) { ($0.memoryMiB, $0.maximumMemoryMiB, $0.vcpus) = (6144, 8192, 4) })
        let report = world.last(of: World.jobID(2))
        #expect(report?.state == .succeeded, "\(report?.message ?? "")")
        #expect(report?.message == "6144 MiB of memory and 4 vCPUs")
        try await expectSizes(world, 6144, 8192, 4)
        // Another version of the profile changes what it says, but for what was set.
        var newer = Life.profile
        (newer.memoryMiB, newer.vcpus, newer.ioThreads) = (2048, 1, 2)
        try await run(world, try world.job(3, .vmFix, FixArguments(vm: World.vm())), profile: newer)
        #expect(world.last(of: World.jobID(3))?.state == .succeeded)
        try await expectSizes(world, 6144, 8192, 4)
        #expect(try await hypervisor(world).definition(of: World.vm()).contains("<iothreads>2"))
        // One of them alone leaves the others.
        try await run(world, try resize(world, 4) { $0.vcpus = 3 })
        try await expectSizes(world, 6144, 8192, 3)
        try await run(world, try resize(world, 5) { $0.asProfile = true })
        #expect(world.last(of: World.jobID(5))?.state == .succeeded)
        let definition = try await definition(world)
        #expect(definition.override == nil && definition.vcpus == 1 && definition.memoryBytes == 2 << 30)
        #expect(try await drift(world) == [])
    }

    @Test func whatSomebodyChangedElsewhereIsLeftAlone() async throws {
        let world = try await made()
        let xml = try await hypervisor(world).definition(of: World.vm())
        let edited = xml.replacing("unmap", with: "ignore")
        #expect(edited != xml)
        _ = try await hypervisor(world).define(edited)
        try await run(world, try resize(world) { $0.vcpus = 4 })
        #expect(try await definition(world).vcpus == 4)
        #expect(try await drift(world)?.map(\.setting) == ["devices/disk[sda]/driver/@discard"])
    }

    @Test func aVMThatRunsGetsItsSizesAtTheNextStartAndItsDiskNow() async throws {
        let world = try await made(start: true)
        try await run(world, try resize(world) { ($0.memoryMiB, $0.systemDiskGiB) = (8192, 2) })
        #expect(
            world.last(of: World.jobID(2))?.message
                == "disk sda has 2 GiB: the guest enlarges what is on it; 8192 MiB of memory and 2 vCPUs from the next start on"
        )
        #expect(try await size(world, "disk.qcow2") == 2 << 30)
        #expect(try await hypervisor(world).domain(World.vm()).state == .running)
    }

    @Test func aDataDiskGrowsAndNoDiskShrinks() async throws {
        let world = try await made(dataDisk: 2)
        try await run(world, try resize(world) { $0.dataDiskGiB = 3 })
        #expect(world.last(of: World.jobID(2))?.state == .succeeded)
        #expect(try await size(world, "data.qcow2") == 3 << 30)
        try await run(world, try resize(world, 3) { $0.dataDiskGiB = 3 })
        #expect(world.last(of: World.jobID(3))?.message == "nothing to change")
        try await run(world, try resize(world, 4) { ($0.dataDiskGiB, $0.vcpus) = (2, 4) })
        #expect(world.last(of: World.jobID(4))?.state == .rejected)
        #expect(world.last(of: World.jobID(4))?.reason == "would-shrink")
        #expect(try await definition(world).vcpus == 2, "nothing was touched")
        #expect(try await drift(world) == [])
    }

    @Test func aDiskWithSnapshotsGrowsInItsNewestLayerAndKeepsItsSizeWhenTheyGo() async throws {
        let vm = try await SnapshotWorld(running: false)
        try await vm.write(1, block: 0)
        try await vm.run(vm.snapshot(2, "clean"))
        try await vm.run(resize(vm.world, 3) { $0.systemDiskGiB = 2 })
        #expect(vm.outcome(3)?.state == .succeeded, "\(vm.outcome(3)?.message ?? "")")
        #expect(try await DiskLayer.virtualSizeBytes(of: vm.directory.disk) == 8 << 20, "the snapshot's is as it was")
        try await vm.run(vm.deletion(4, of: 2))
        #expect(vm.outcome(4)?.state == .succeeded, "\(vm.outcome(4)?.message ?? "")")
        let active = try await vm.active()
        #expect(try await DiskLayer.virtualSizeBytes(of: active) == 2 << 30)
        #expect(try await vm.holds([1], in: active))
    }

    @Test func whatCannotBeIsRefused() async throws {
        let world = try await made()
        let machine = MachineInventory(cpu: Machine.cpu(cores: 4), memory: Machine.memory(16), pci: [])
        for (number, reason, change) in [
            (2, "bad-arguments", { $0.memoryMiB = 1 }), (3, "bad-arguments", { _ in }),
            (4, "no-such-disk", { $0.dataDiskGiB = 9 }), (5, "no-place", { $0.memoryMiB = 1 << 20 }),
        ] as [(Int, String, (inout ResizeArguments) -> Void)] {
            let life = try await Life(world, inventory: { _ in machine })
            try await life.receive(try resize(world, number, change))
            try await life.finish(World.jobID(number))
            #expect(world.last(of: World.jobID(number))?.state == .rejected, "\(number)")
            #expect(world.last(of: World.jobID(number))?.reason == reason)
        }
        try hypervisor(world).keep(World.vm(), managedSave: true)
        try await run(world, try resize(world, 6) { $0.vcpus = 4 })
        #expect(world.last(of: World.jobID(6))?.reason == "saved-memory")
    }

    @Test(arguments: [false, true])
    func everyCrashEndsWithTheNewSizes(running: Bool) async throws {
        let wanted: (inout ResizeArguments) -> Void = { ($0.memoryMiB, $0.systemDiskGiB) = (8192, 2) }
        let undisturbed = try await made(start: running)
        let points = try await run(undisturbed, try resize(undisturbed, 2, wanted))
        #expect(points.count == 2 * 3 + 4)
        for point in points {
            let world = try await made(start: running)
            let life = try await Life(world, crashAt: { $0 == point })
            try await life.receive(try resize(world, 2, wanted))
            #expect(try await life.crashed(), "\(point)")
            try await Life(world).finish(World.jobID(2))
            #expect(world.last(of: World.jobID(2))?.state == .succeeded, "\(point)")
            try await expectSizes(world, 8192, 8192, 2)
            #expect(try await size(world, "disk.qcow2") == 2 << 30, "\(point)")
        }
    }

    // Helpers

    private func made(start: Bool = false, dataDisk: Int? = nil) async throws -> World {
        let world = try await World()
        var profile = Life.profile
        profile.dataDiskGiB = dataDisk
        try await run(world, try world.clone(start: start), profile: profile)
        return world
    }

    private func resize(
        _ world: World, _ number: Int = 2, _ change: (inout ResizeArguments) -> Void
    ) throws -> Job {
        var arguments = ResizeArguments(vm: World.vm())
        change(&arguments)
        return try world.job(number, .vmResize, arguments)
    }

    private func expectSizes(_ world: World, _ minimum: Int, _ maximum: Int, _ vcpus: Int) async throws {
        let definition = try await definition(world)
        #expect(definition.vcpus == vcpus && definition.memoryBytes == UInt64(minimum) << 20)
        #expect(definition.demand?.vcpus == vcpus)
        #expect(definition.demand?.memory.minimumBytes == UInt64(minimum) << 20)
        #expect(definition.demand?.memory.maximumBytes == UInt64(maximum) << 20)
        #expect(try await drift(world) == [])
    }

    private func size(_ world: World, _ file: String) async throws -> UInt64 {
        try await DiskLayer.virtualSizeBytes(of: "\(world.vmDirectory)/\(World.jobID(1))/\(file)")
    }

    private func hypervisor(_ world: World) throws -> InMemoryHypervisor {
        try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
    }

    private func definition(_ world: World) async throws -> DomainDefinition {
        try DomainDefinition(xml: await hypervisor(world).definition(of: World.vm()))
    }

    private func drift(_ world: World) async throws -> [SettingDifference]? {
        let life = try await Life(world)
        let found = try await DriftInspection(life.host).differences(of: hypervisor(world).domain(World.vm()))
        try await life.stop()
        return found
    }

    @discardableResult
    private func run(_ world: World, _ job: Job, profile: Profile = Life.profile) async throws -> [FaultPoint] {
        let life = try await Life(world, profile: profile)
        try await life.receive(job)
        try await life.finish(job.id)
        return await life.points()
    }
}
