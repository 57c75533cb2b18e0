import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
@testable import Provisioning
import Subprocess
import Testing

/// Disks that stand alone, and what becomes of the snapshots that they stood on.
@Suite struct FlattenTests {
    @Test(arguments: [true, false])
    func aFlatVMNeedsNothingBelow(running: Bool) async throws {
        let vm = try await SnapshotWorld(running: running, dataDisk: true)
        for number in 2...3 {
            for target in ["sda", "sdb"] { try await vm.write(UInt8(number), block: number - 2, to: target) }
            try await vm.run(vm.snapshot(number, "s\(number)"))
        }
        try await vm.write(4, block: 2)
        let drift = try await drift(of: vm)
        try await vm.run(vm.flattening(4))
        #expect(vm.outcome(4)?.state == .succeeded, "\(vm.outcome(4)?.message ?? "")")
        #expect(vm.outcome(4)?.message?.contains("MiB were copied") == true)
        for target in ["sda", "sdb"] {
            let file = vm.directory.layer(of: target, madeBy: World.jobID(running ? 4 : 3))
            #expect(try await vm.chain(target) == [file])
            #expect(try await vm.holds(target == "sda" ? [2, 3, 4] : [2, 3, 0], in: file))
        }
        #expect(try await self.drift(of: vm) == drift)
        #expect(try await vm.snapshots().map(\.isCurrent) == [false, false])
        #expect(try await vm.holds([2, 3, 0], in: vm.layer(2)))
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == (running ? .running : .shutoff))

        // Nothing is built on the newer one any more, and it on the older.
        for (job, snapshot) in [(5, 3), (6, 2)] {
            try await vm.run(vm.deletion(job, of: snapshot))
            #expect(vm.outcome(job)?.state == .succeeded, "\(vm.outcome(job)?.message ?? "")")
            #expect(try await vm.holds([2, 3, 4], in: vm.active()))
        }
        #expect(vm.directory.layers.count == 2)
        try await vm.run(vm.update(7))
        #expect(vm.outcome(7)?.state == .succeeded, "\(vm.outcome(7)?.message ?? "")")
        #expect(try await vm.chain().last?.hasSuffix("\(vm.world.nextImage.digest)") == true)
        #expect(try await vm.holds([2, 3, 0], in: vm.active("sdb")))
    }

    @Test func aRevertGoesBackBehindAFlattening() async throws {
        let vm = try await SnapshotWorld()
        try await vm.write(1, block: 0)
        try await vm.run(vm.snapshot(2, "clean"))
        try await vm.write(2, block: 0)
        try await vm.run(vm.flattening(3))
        try await vm.run(vm.snapshot(4, "flat"))
        for (job, snapshot) in [(5, 2), (6, 4)] {
            try await vm.run(vm.revert(job, to: snapshot))
            #expect(vm.outcome(job)?.state == .succeeded, "\(vm.outcome(job)?.message ?? "")")
            #expect(try await vm.holds([snapshot == 2 ? 1 : 2], in: vm.active()))
        }
    }

    @Test func thereMayBeNothingToDo() async throws {
        let vm = try await SnapshotWorld()
        try await vm.run(vm.flattening(2))
        #expect(try await vm.chain() == [vm.layer(2)])
        #expect(vm.directory.layers == [vm.layer(2)])
        try await vm.run(vm.flattening(3))
        #expect(vm.outcome(3)?.state == .succeeded)
        #expect(vm.outcome(3)?.message?.hasPrefix("nothing to do") == true, "\(vm.outcome(3)?.message ?? "")")
    }

    @Test func whatOthersNeedAndWhatIsLeftOutStays() async throws {
        let vm = try await SnapshotWorld(running: false, dataDisk: true)
        try await vm.run(vm.snapshot(2, "clean"))
        try vm.hypervisor().keep(SnapshotWorld.vm, managedSave: true)
        try await expectRefused(vm, vm.flattening(3), "saved-memory")
        try vm.hypervisor().keep(SnapshotWorld.vm, foreignSnapshots: ["by-hand"])
        try await expectRefused(vm, vm.flattening(4), "foreign-snapshots")
        try vm.hypervisor().keep(SnapshotWorld.vm)
        try await vm.changeDataDisk()
        try await vm.run(vm.flattening(5))
        #expect(try await vm.chain() == [vm.layer(2)])
        #expect(try await vm.chain("sdb").count == 2)
    }

    @Test func aLayerThatAPersonMadeIsNotWrittenTo() async throws {
        let vm = try await SnapshotWorld(running: false)
        let byHand = "\(vm.directory.path)/by-hand.qcow2"
        _ = try await Subprocess.run(
            "qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", vm.directory.disk, byHand]
        ).successful()
        let hypervisor = try vm.hypervisor()
        let edit = DomainEdit(files: ["sda": byHand])
        _ = try await hypervisor.define(edit.applied(to: hypervisor.definition(of: SnapshotWorld.vm)))
        try await expectRefused(vm, vm.flattening(2), "foreign-layer")
        // A snapshot keeps it apart, and does without it once nothing is built on it.
        try await vm.run(vm.snapshot(3, "clean"))
        try await vm.run(vm.flattening(4))
        try await vm.run(vm.deletion(5, of: 3))
        #expect(vm.outcome(5)?.state == .succeeded, "\(vm.outcome(5)?.message ?? "")")
        #expect(DurableFile.exists(byHand))
    }

    @Test func theRoomIsLookedAtFirst() async throws {
        let files = try SmallFileSystem(bytes: 160 << 20)
        let vm = try await SnapshotWorld(below: files.path)
        for block in 0..<32 { try await vm.write(1, block: block) }
        try await vm.run(vm.snapshot(2, "clean"))
        try files.fill(leaving: 65 << 20)
        try await expectRefused(vm, vm.flattening(3), "no-space")
        #expect(vm.outcome(3)?.message?.contains("2 MiB are copied") == true, "\(vm.outcome(3)?.message ?? "")")
        try files.drain()
        try await vm.run(vm.flattening(4))
        #expect(vm.outcome(4)?.state == .succeeded, "\(vm.outcome(4)?.message ?? "")")
    }

    @Test(arguments: [true, false])
    func everyCrashEndsWithDisksThatStandAlone(running: Bool) async throws {
        let first = try await prepared(running)
        let points = try await first.run(flattening(first)).points()
        #expect(points.count == 2 * 3 + 4)
        for point in points {
            let vm = try await prepared(running)
            let life = try await Life(vm.world, crashAt: { $0 == point })
            try await life.receive(flattening(vm))
            #expect(try await life.crashed(), "\(point)")
            try await Life(vm.world).finish(World.jobID(3))
            #expect(vm.outcome(3)?.state == .succeeded, "\(point): \(vm.outcome(3)?.message ?? "")")
            for target in ["sda", "sdb"] {
                #expect(try await vm.chain(target).count == 1, "\(point)")
                #expect(try await vm.holds([1, 2], in: vm.active(target)), "\(point)")
            }
            #expect(try await vm.holds([1, 0], in: vm.directory.disk), "\(point)")
            #expect(try await vm.snapshots().map(\.id) == [World.jobID(2)], "\(point)")
        }
    }

    @Test func aFailureLeavesTheVMAsItIsAndItCanBeAskedForAgain() async throws {
        let vm = try await prepared(true)
        let fail: (InMemoryHypervisor) -> Void = { hypervisor in
            hypervisor.fail(.startCopy, with: HypervisorError(.failed, operation: "copy", object: "VM", message: "no"))
        }
        try await vm.run(vm.flattening(3), configure: fail)
        #expect(vm.outcome(3)?.state == .failed)
        #expect(try await vm.holds([1, 2], in: vm.active()))
        try await vm.run(vm.flattening(4))
        #expect(vm.outcome(4)?.state == .succeeded, "\(vm.outcome(4)?.message ?? "")")
        #expect(try await vm.holds([1, 2], in: vm.active()))
    }

    @Test func aCopyThatCannotTakeThePlaceIsGivenUp() async throws {
        let vm = try await prepared(true)
        let layers = Set(vm.directory.layers)
        try await vm.run(vm.flattening(3)) { hypervisor in
            hypervisor.fail(.pivot, with: HypervisorError(.failed, operation: "pivot", object: "VM", message: "no"))
        }
        #expect(vm.outcome(3)?.state == .failed, "\(vm.outcome(3)?.message ?? "")")
        #expect(Set(vm.directory.layers) == layers)
        #expect(try await vm.hypervisor().blockJob(SnapshotWorld.vm, disk: "sda") == nil)
        try await vm.run(vm.flattening(4))
        #expect(vm.outcome(4)?.state == .succeeded, "\(vm.outcome(4)?.message ?? "")")
        #expect(try await vm.holds([1, 2], in: vm.active()))
    }

    /// The agent dies while QEMU copies.
    @Test(arguments: [true, false])
    func aCopyThatIsLeftBehind(runsOn: Bool) async throws {
        let vm = try await prepared(true)
        let life = try await Life(vm.world, crashAt: { $0.moment == .afterIntent && $0.step == "flatten sda" })
        try await life.receive(flattening(vm))
        #expect(try await life.crashed())
        let hypervisor = try vm.hypervisor()
        try await hypervisor.startCopy(SnapshotWorld.vm, disk: "sda", to: vm.layer(3))
        if !runsOn { try await hypervisor.destroy(SnapshotWorld.vm) }
        try await Life(vm.world).finish(World.jobID(3))
        #expect(vm.outcome(3)?.state == .succeeded, "\(vm.outcome(3)?.message ?? "")")
        #expect(try await vm.chain() == [runsOn ? vm.layer(3) : vm.layer(2)])
        #expect(try await vm.holds([1, 2], in: vm.active()))
        #expect(DurableFile.exists(vm.layer(2)) == !runsOn)
        #expect(DurableFile.exists(vm.layer(3)) == runsOn)
    }

    // Helpers

    /// Two disks with a snapshot, and a block written before and after it.
    private func prepared(_ running: Bool) async throws -> SnapshotWorld {
        let vm = try await SnapshotWorld(running: running, dataDisk: true)
        for target in ["sda", "sdb"] { try await vm.write(1, block: 0, to: target) }
        try await vm.run(vm.snapshot(2, "clean"))
        for target in ["sda", "sdb"] { try await vm.write(2, block: 1, to: target) }
        return vm
    }

    private func flattening(_ vm: SnapshotWorld) throws -> Job { try vm.flattening(3) }

    private func drift(of vm: SnapshotWorld) async throws -> [SettingDifference]? {
        let life = try await Life(vm.world)
        let domain = try await life.hypervisor.domain(SnapshotWorld.vm)
        let found = try await DriftInspection(life.host).differences(of: domain)
        try await life.stop()
        return found
    }

    private func expectRefused(
        _ vm: SnapshotWorld, _ job: Job, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let chain = try await vm.chain()
        try await vm.run(job)
        #expect(vm.world.last(of: job.id)?.state == .rejected, sourceLocation: sourceLocation)
        #expect(vm.world.last(of: job.id)?.reason == reason, sourceLocation: sourceLocation)
        #expect(try await vm.chain() == chain, sourceLocation: sourceLocation)
    }
}
