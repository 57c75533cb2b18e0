import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
@testable import Provisioning
import Testing

/// Snapshots that hold the guest's memory: it goes on where it was, or boots.
@Suite struct MemorySnapshotTests {
    @Test func theGuestGoesOnWhereItWas() async throws {
        let vm = try await knowing("A")
        try await vm.run(vm.snapshot(2, "clean", memory: true))
        #expect(vm.outcome(2)?.state == .succeeded, "\(vm.outcome(2)?.message ?? "")")
        #expect(try vm.hypervisor().memory(of: SnapshotWorld.vm) == "A")
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .running)
        let snapshot = try #require(try await vm.snapshots().first)
        #expect(snapshot.consistency == .crash)
        #expect(try #require(snapshot.memoryBytes) > 0)
        #expect(snapshot.sizeBytes > snapshot.memoryBytes!)

        try vm.hypervisor().setMemory("B", of: SnapshotWorld.vm)
        try await vm.write(2, block: 0)
        let before = try await vm.hypervisor().domain(SnapshotWorld.vm)
        try await vm.run(vm.revert(3, to: 2))
        #expect(vm.outcome(3)?.state == .succeeded, "\(vm.outcome(3)?.message ?? "")")
        #expect(try vm.hypervisor().memory(of: SnapshotWorld.vm) == "A")
        #expect(try await vm.holds([1], in: vm.active()))
        for file in [vm.variables, vm.tpm] { #expect(vm.text(file) == "changed by 1") }
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).genID != before.genID)

        // Booted instead, or left off.
        try await vm.run(vm.revert(4, to: 2, memory: false))
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .running)
        #expect(try vm.hypervisor().memory(of: SnapshotWorld.vm) == nil)
        try await vm.run(vm.revert(5, to: 2, start: false))
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .shutoff)
        try await vm.run(vm.revert(6, to: 2))
        #expect(try vm.hypervisor().memory(of: SnapshotWorld.vm) == "A")

        try await vm.run(vm.deletion(7, of: 2))
        #expect(vm.outcome(7)?.state == .succeeded, "\(vm.outcome(7)?.message ?? "")")
        #expect(try DurableFile.entries(of: vm.directory.snapshots) == [])
        #expect(try vm.hypervisor().memory(of: SnapshotWorld.vm) == "A")
    }

    @Test func aGuestThatIsPausedStaysPausedAndGoesOnAfterARevert() async throws {
        let vm = try await knowing("A")
        try await vm.run(vm.world.job(9, .vmSuspend, VMArguments(vm: SnapshotWorld.vm)))
        try await vm.run(vm.snapshot(2, "clean", memory: true))
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .paused)
        try await vm.run(vm.revert(3, to: 2))
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .running)
        #expect(try vm.hypervisor().memory(of: SnapshotWorld.vm) == "A")
    }

    @Test func aVMThatIsOffHasNoMemoryToHold() async throws {
        let vm = try await SnapshotWorld(running: false)
        try await vm.run(vm.snapshot(2, "clean", memory: true))
        #expect(vm.outcome(2)?.state == .succeeded)
        #expect(vm.outcome(2)?.message?.contains("holds no memory") == true, "\(vm.outcome(2)?.message ?? "")")
        #expect(try await vm.snapshots().map(\.memoryBytes) == [nil])
    }

    @Test(arguments: [
        (
            "<hostdev mode='subsystem' type='pci'><source><address bus='0x01' slot='0x00' function='0x0'/></source></hostdev>",
            "0000:01:00.0"
        ),
        ("<hostdev mode='subsystem' type='mdev'/>", "a device of the host"),
        ("<video><model type='virtio'><acceleration accel3d='yes'/></model></video>", "VirGL"),
        ("<filesystem><driver type='virtiofs'/></filesystem>", "virtiofs"),
    ])
    func whatIsInADeviceOfTheHostCannotBeKept(_ device: String, _ reason: String) async throws {
        let vm = try await SnapshotWorld()
        let hypervisor = try vm.hypervisor()
        let definition = try await hypervisor.definition(of: SnapshotWorld.vm)
        _ = try await hypervisor.define(definition.replacing("</devices>", with: device + "</devices>"))
        try await vm.run(vm.snapshot(2, "clean", memory: true))
        #expect(vm.outcome(2)?.state == .rejected)
        #expect(vm.outcome(2)?.reason == "no-memory")
        #expect(vm.outcome(2)?.message?.contains(reason) == true, "\(vm.outcome(2)?.message ?? "")")
        try await vm.run(vm.snapshot(3, "clean"))
        #expect(vm.outcome(3)?.state == .succeeded)
    }

    @Test func theRoomIsLookedAtFirst() async throws {
        let files = try SmallFileSystem(bytes: 96 << 20)
        let vm = try await SnapshotWorld(below: files.path)
        try await vm.run(vm.snapshot(2, "clean", memory: true))
        #expect(vm.outcome(2)?.state == .rejected)
        #expect(vm.outcome(2)?.reason == "no-memory")
        #expect(vm.outcome(2)?.message?.contains("MiB are free") == true)
    }

    @Test func memoryThatIsGoneOrRefusedIsToldBeforeOrTakenBack() async throws {
        let vm = try await knowing("A")
        try await vm.run(vm.snapshot(2, "clean", memory: true))
        try await vm.write(2, block: 0)
        let active = try await vm.active()
        try await vm.run(vm.revert(3, to: 2)) { hypervisor in
            hypervisor.fail(.restore, with: HypervisorError(.failed, operation: "try", object: "VM", message: "no"))
        }
        #expect(vm.outcome(3)?.state == .rolledBack)
        #expect(vm.outcome(3)?.message?.contains("--no-memory") == true, "\(vm.outcome(3)?.message ?? "")")
        #expect(try await vm.active() == active)
        #expect(try await vm.holds([2], in: active))
        let memory = vm.directory.keptState(of: World.jobID(2)).memory
        try DurableFile.rename(memory, to: memory + "-elsewhere")
        try await vm.run(vm.revert(4, to: 2))
        #expect(vm.outcome(4)?.reason == "snapshot-damaged")
        try await vm.run(vm.revert(5, to: 2, memory: false))
        #expect(vm.outcome(5)?.state == .succeeded, "\(vm.outcome(5)?.message ?? "")")
    }

    @Test func aVMThatWasRenamedSinceBoots() async throws {
        let vm = try await knowing("A")
        try await vm.run(vm.snapshot(2, "clean", memory: true))
        let hypervisor = try vm.hypervisor()
        try hypervisor.powerOff(SnapshotWorld.vm)
        try await hypervisor.rename(SnapshotWorld.vm, "another")
        try await vm.run(vm.revert(3, to: 2))
        #expect(vm.outcome(3)?.reason == "renamed")
        try await vm.run(vm.revert(4, to: 2, memory: false))
        #expect(vm.outcome(4)?.state == .succeeded, "\(vm.outcome(4)?.message ?? "")")
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).name == "another")
    }

    @Test func everyCrashOfACreationEndsWithOneThatHoldsMemory() async throws {
        let first = try await knowing("A")
        let points = try await first.run(first.snapshot(2, "clean", memory: true)).points()
        #expect(points.count == 5 * 3 + 4)
        for point in points {
            let vm = try await knowing("A")
            try await crashAndGoOn(vm, vm.snapshot(2, "clean", memory: true), at: point)
            #expect(vm.outcome(2)?.state == .succeeded, "\(point): \(vm.outcome(2)?.message ?? "")")
            #expect(try vm.hypervisor().memory(of: SnapshotWorld.vm) == "A", "\(point)")
            #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .running, "\(point)")
            #expect(try await vm.snapshots().map { $0.memoryBytes != nil } == [true], "\(point)")
            try vm.hypervisor().setMemory("B", of: SnapshotWorld.vm)
            try await vm.run(vm.revert(3, to: 2))
            #expect(try vm.hypervisor().memory(of: SnapshotWorld.vm) == "A", "\(point)")
            #expect(try await vm.holds([1], in: vm.active()), "\(point)")
        }
    }

    @Test func everyCrashOfAFailingCreationLeavesNoMemoryBehind() async throws {
        let fail: @Sendable (InMemoryHypervisor) -> Void = { hypervisor in
            hypervisor.fail(.resume, with: HypervisorError(.failed, operation: "try", object: "VM", message: "no"))
        }
        let first = try await knowing("A")
        let points = try await first.run(first.snapshot(2, "clean", memory: true), configure: fail).points()
        #expect(points.contains { $0.moment == .beforeUndo })
        for point in points {
            let vm = try await knowing("A")
            try await crashAndGoOn(vm, vm.snapshot(2, "clean", memory: true), at: point, configure: fail)
            #expect(try vm.hypervisor().memory(of: SnapshotWorld.vm) == "A", "\(point)")
            #expect(try await vm.holds([1], in: vm.active()), "\(point)")
            guard vm.outcome(2)?.state != .succeeded else { continue }
            #expect(vm.outcome(2)?.state == .rolledBack, "\(point)")
            #expect(
                try DurableFile.entries(of: vm.directory.path).contains("snapshots") == false
                    || DurableFile.entries(of: vm.directory.snapshots) == [], "\(point)")
        }
    }

    @Test func everyCrashOfARevertEndsWithTheMemoryOfThen() async throws {
        let first = try await changed()
        let points = try await first.run(first.revert(3, to: 2)).points()
        #expect(points.count == 7 * 3 + 4)
        for point in points {
            let vm = try await changed()
            try await crashAndGoOn(vm, vm.revert(3, to: 2), at: point)
            #expect(vm.outcome(3)?.state == .succeeded, "\(point): \(vm.outcome(3)?.message ?? "")")
            #expect(try vm.hypervisor().memory(of: SnapshotWorld.vm) == "A", "\(point)")
            #expect(try await vm.holds([1], in: vm.active()), "\(point)")
            #expect(try DurableFile.entries(of: vm.directory.snapshots) == ["\(World.jobID(2))"], "\(point)")
        }
    }

    // Helpers

    /// A VM that runs, with a block written and something in its guest's memory.
    private func knowing(_ memory: String) async throws -> SnapshotWorld {
        let vm = try await SnapshotWorld()
        try await vm.write(1, block: 0)
        try vm.hypervisor().setMemory(memory, of: SnapshotWorld.vm)
        return vm
    }

    /// One that has a snapshot with memory and went on.
    private func changed() async throws -> SnapshotWorld {
        let vm = try await knowing("A")
        try await vm.run(vm.snapshot(2, "clean", memory: true))
        try await vm.write(2, block: 0)
        try vm.hypervisor().setMemory("B", of: SnapshotWorld.vm)
        return vm
    }

    private func crashAndGoOn(
        _ vm: SnapshotWorld, _ job: Job, at point: FaultPoint,
        configure: @escaping @Sendable (InMemoryHypervisor) -> Void = { _ in }
    ) async throws {
        let life = try await Life(vm.world, configure: configure, crashAt: { $0 == point })
        try await life.receive(job)
        #expect(try await life.crashed(), "\(point)")
        try await Life(
            vm.world, configure: [.beforeIntent, .afterIntent].contains(point.moment) ? configure : { _ in }
        )
        .finish(job.id)
    }
}
