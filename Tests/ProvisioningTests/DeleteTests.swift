import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
@testable import Provisioning
import Subprocess
import Testing

/// Deleting removes what virtfleet made for one VM, and never anything else.
@Suite struct DeleteTests {
    @Test func removesTheVMAndItsFilesAndKeepsTheBase() async throws {
        let world = try await World()
        try await run(world, try world.clone())
        let job = try deletion(world, World.vm())
        try await run(world, job)
        #expect(world.last(of: job.id)?.state == .succeeded)
        try await expectNothing(world, World.jobID(1))
        #expect(DurableFile.exists(world.basePath))
    }

    @Test func aVMThatVirtfleetDidNotMakeIsRefused() async throws {
        let world = try await World()
        let id = VMID.random()
        let hypervisor = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
        _ = try await hypervisor.define(CloneTests.foreignVM(name: "mine", id: id))
        try await expectRefused(world, id, "not-ours")
    }

    @Test func aCopyThatCarriesOurMetadataIsRefused() async throws {
        let world = try await World()
        try await run(world, try world.clone(start: false))
        let hypervisor = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
        let copy = VMID.random()
        let xml = try await hypervisor.definition(of: World.vm())
        _ = try await hypervisor.define(
            xml.replacing("\(World.vm())", with: "\(copy)").replacing("<name>office", with: "<name>copy"))
        try await expectRefused(world, copy, "not-ours")
        #expect(try world.files(of: World.jobID(1)) == ["disk.qcow2", "variables.fd"])
    }

    @Test func aVMWhoseDiskAnotherOneUsesIsRefused() async throws {
        let world = try await World()
        try await run(world, try world.clone(start: false))
        let hypervisor = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
        let disk = "\(world.vmDirectory)/\(World.jobID(1))/disk.qcow2"
        _ = try await hypervisor.define(CloneTests.foreignVM(name: "sharer", disk: disk))
        try await expectRefused(world, World.vm(), "in-use")
    }

    @Test func aVMThatAnotherOnesDiskIsBuiltOnIsRefused() async throws {
        let world = try await World()
        try await run(world, try world.clone(start: false))
        let disk = "\(world.vmDirectory)/\(World.jobID(1))/disk.qcow2"
        let overlay = world.directory.file("linked.qcow2")
        _ = try await Subprocess.run(
            "qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", disk, overlay]
        ).successful()
        let hypervisor = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
        _ = try await hypervisor.define(CloneTests.foreignVM(name: "linked", disk: overlay))
        try await expectRefused(world, World.vm(), "in-use")
        #expect(try world.files(of: World.jobID(1)) == ["disk.qcow2", "variables.fd"])
    }

    @Test func whatSomebodyElsePutThereStaysAndIsNamed() async throws {
        let world = try await World()
        try await run(world, try world.clone())
        try Data("x".utf8).write(to: URL(filePath: "\(world.vmDirectory)/\(World.jobID(1))/notes.txt"))
        let job = try deletion(world, World.vm())
        try await run(world, job)
        #expect(world.last(of: job.id)?.state == .succeeded)
        #expect(world.last(of: job.id)?.message?.contains("notes.txt") == true)
        #expect(try world.files(of: World.jobID(1)) == ["notes.txt"])
    }

    @Test func theFilesAreFoundWhenTheConfigurationNamesAnotherDirectory() async throws {
        let world = try await World()
        try await run(world, try world.clone())
        let job = try deletion(world, World.vm())
        try await run(world, job, vmDirectory: world.directory.file("elsewhere"))
        #expect(world.last(of: job.id)?.state == .succeeded)
        try await expectNothing(world, World.jobID(1))
    }

    private func deletion(_ world: World, _ vm: VMID) throws -> Job {
        try world.job(9, .vmDelete, VMArguments(vm: vm))
    }

    private func expectRefused(_ world: World, _ vm: VMID, _ reason: String) async throws {
        let before = try await InMemoryHypervisor(directory: world.directory.file("hypervisor")).domains()
        let job = try deletion(world, vm)
        try await run(world, job)
        #expect(world.states(of: job.id) == [.rejected])
        #expect(world.last(of: job.id)?.reason == reason)
        #expect(try await InMemoryHypervisor(directory: world.directory.file("hypervisor")).domains() == before)
    }

    private func run(_ world: World, _ job: Job, vmDirectory: String? = nil) async throws {
        let life = try await Life(world, vmDirectory: vmDirectory)
        try await life.receive(job)
        try await life.finish(job.id)
    }
}
