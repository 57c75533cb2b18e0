import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
@testable import Provisioning
import Subprocess
import Testing

/// What snapshots hold, and what is refused before anything is touched.
@Suite struct SnapshotTests {
    @Test(arguments: [true, false])
    func aSnapshotHoldsAndARevertBringsBack(running: Bool) async throws {
        let vm = try await SnapshotWorld(running: running)
        try await vm.write(0x11, block: 0)
        try await vm.run(vm.snapshot(2, "clean"))
        #expect(vm.outcome(2)?.state == .succeeded, "\(vm.outcome(2)?.message ?? "")")
        #expect(try await vm.active() == vm.layer(2))
        try await vm.write(0x22, block: 0)
        try await vm.write(0x22, block: 1)
        let before = try await vm.hypervisor().domain(SnapshotWorld.vm)
        #expect(before.state == (running ? .running : .shutoff))

        try await vm.run(vm.revert(3, to: 2))
        #expect(vm.outcome(3)?.state == .succeeded, "\(vm.outcome(3)?.message ?? "")")
        #expect(try await vm.active() == vm.layer(3))
        #expect(try await vm.holds([0x11, 0], in: vm.layer(3)))
        #expect(vm.text(vm.variables) == "changed by 17")
        #expect(vm.text(vm.tpm) == (running ? "changed by 17" : "made for \(SnapshotWorld.vm)"))
        let after = try await vm.hypervisor().domain(SnapshotWorld.vm)
        #expect(after.state == .running)
        #expect(after.genID != before.genID)
        #expect(after.macAddresses == before.macAddresses)
        #expect(
            try vm.world.files(of: World.jobID(1)) == [
                "disk.qcow2", "sda-\(World.jobID(3)).qcow2", "snapshots", "variables.fd",
            ])
        #expect(try DurableFile.entries(of: vm.directory.snapshots) == ["\(World.jobID(2))"])
    }

    /// The point of no return: what was given up cannot come back, so the revert stands.
    @Test func aRevertThatCannotClearAwaySaysSoAndStands() async throws {
        let vm = try await SnapshotWorld()
        try await vm.write(0x11, block: 0)
        try await vm.run(vm.snapshot(2, "clean"))
        try await vm.write(0x22, block: 0)
        let layer = vm.layer(2)
        try await vm.run(
            vm.revert(3, to: 2),
            during: { point, _ in
                guard point.moment == .beforeVerification else { return }
                try DurableFile.remove(layer)
                try DurableFile.makeDirectory(layer + "/in-the-way", mode: 0o700)
            })
        #expect(vm.outcome(3)?.state == .succeeded)
        #expect(vm.outcome(3)?.message?.contains(layer) == true, "\(vm.outcome(3)?.message ?? "")")
        #expect(try await vm.holds([0x11], in: vm.active()))
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .running)
    }

    @Test func theyAreListedAsATree() async throws {
        let vm = try await SnapshotWorld()
        try await vm.run(vm.snapshot(2, "clean"))
        try await vm.write(0x22, block: 0)
        try await vm.run(vm.snapshot(3, "nightly-1", policy: "nightly"))
        try await vm.run(vm.revert(4, to: 2, start: false))
        try await vm.run(vm.snapshot(5, "other"))
        let snapshots = try await vm.snapshots()
        #expect(snapshots.map(\.name.description) == ["clean", "nightly-1", "other"])
        #expect(snapshots.map(\.parent) == [nil, World.jobID(2), World.jobID(2)])
        #expect(snapshots.map(\.isCurrent) == [false, false, true])
        #expect(snapshots.map(\.consistency) == [.app, .app, .off])
        #expect(snapshots.map(\.policy) == [nil, ResourceName("nightly"), nil])
        #expect(snapshots[1].sizeBytes > 65536)
        #expect(snapshots.allSatisfy { $0.sizeBytes < 4 << 20 })
        #expect(try await vm.unkeptBytes() == 1 << 20)
    }

    @Test func theLabelTellsWhatTheGuestKnew() async throws {
        for (answers, freezes, expected) in [
            (true, true, VMSnapshot.Consistency.app), (true, false, .crash), (true, nil, .quiesceTimeout),
            (false, true, .crash),
        ] as [(Bool, Bool?, VMSnapshot.Consistency)] {
            let vm = try await SnapshotWorld()
            let life = try await vm.run(vm.snapshot(2, "clean")) { hypervisor in
                hypervisor.setGuest(
                    InMemoryHypervisor.Guest(agentAnswers: answers, canFreeze: freezes), of: SnapshotWorld.vm)
            }
            #expect(vm.outcome(2)?.state == .succeeded)
            #expect(!life.hypervisor.isFrozen(SnapshotWorld.vm) || !answers)
            #expect(
                try await vm.snapshots().map(\.consistency) == [expected], "\(answers) \(String(describing: freezes))")
        }
    }

    @Test func whereNoFileSystemCanBeAtRestNobodySaysSo() async throws {
        let vm = try await SnapshotWorld()
        try await vm.run(vm.snapshot(2, "clean")) { hypervisor in
            var guest = InMemoryHypervisor.Guest()
            guest.fileSystems = 0
            hypervisor.setGuest(guest, of: SnapshotWorld.vm)
        }
        #expect(try await vm.snapshots().map(\.consistency) == [.crash])
    }

    @Test func aGuestThatSomebodyHasPausedStaysPaused() async throws {
        let vm = try await SnapshotWorld()
        try await vm.run(vm.world.job(9, .vmSuspend, VMArguments(vm: SnapshotWorld.vm)))
        try await vm.run(vm.snapshot(2, "clean"))
        #expect(vm.outcome(2)?.state == .succeeded)
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .paused)
        #expect(try await vm.snapshots().map(\.consistency) == [.crash])
    }

    @Test(arguments: [true, false])
    func deletionsKeepWhatOthersHold(running: Bool) async throws {
        let vm = try await SnapshotWorld(running: running)
        for number in 2...4 {
            try await vm.write(UInt8(number), block: number - 2)
            try await vm.run(vm.snapshot(number, "s\(number)"))
        }
        try await vm.write(5, block: 3)
        // One in the middle, the newest, and the last.
        for (job, snapshot, left) in [(10, 3, [2, 4]), (11, 4, [2]), (12, 2, [])] {
            try await vm.run(vm.deletion(job, of: snapshot))
            #expect(vm.outcome(job)?.state == .succeeded, "\(vm.outcome(job)?.message ?? "")")
            #expect(try await vm.snapshots().map(\.id) == left.map(World.jobID))
            #expect(try await vm.holds([2, 3, 4, 5], in: vm.active()))
            for id in left {
                let file = try SnapshotManifest.read(vm.directory.keptState(of: World.jobID(id))).disks[0].file
                #expect(try await vm.holds(id == 2 ? [2, 0, 0, 0] : [2, 3, 4, 0], in: file))
            }
        }
        #expect(try await vm.active() == vm.directory.disk)
        #expect(try vm.world.files(of: World.jobID(1)) == ["disk.qcow2", "snapshots", "variables.fd"])
        let state = try await vm.hypervisor().domain(SnapshotWorld.vm).state
        #expect(state == (running ? .running : .shutoff))
    }

    @Test func aSnapshotThatTwoStatesGoOnFromIsNotDeleted() async throws {
        let vm = try await SnapshotWorld()
        try await vm.run(vm.snapshot(2, "clean"))
        try await vm.run(vm.snapshot(3, "later"))
        try await vm.run(vm.revert(4, to: 2))
        try await expectRefused(vm, vm.deletion(5, of: 2), "in-use")
        try await vm.run(vm.deletion(6, of: 3))
        try await vm.run(vm.deletion(7, of: 2))
        #expect(vm.outcome(7)?.state == .succeeded, "\(vm.outcome(7)?.message ?? "")")
    }

    @Test func aSnapshotThatAnotherVMIsBuiltOnIsNotDeleted() async throws {
        let vm = try await SnapshotWorld()
        try await vm.run(vm.snapshot(2, "clean"))
        let overlay = vm.world.directory.file("linked.qcow2")
        _ = try await Subprocess.run(
            "qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", vm.directory.disk, overlay]
        ).successful()
        _ = try await vm.hypervisor().define(CloneTests.foreignVM(name: "linked", disk: overlay))
        try await expectRefused(vm, vm.deletion(3, of: 2), "in-use")
        try await expectRefused(vm, vm.world.job(4, .vmDelete, VMArguments(vm: SnapshotWorld.vm)), "in-use")
    }

    @Test func aPinnedOneIsNotDeleted() async throws {
        let vm = try await SnapshotWorld()
        try await vm.run(vm.snapshot(2, "clean"))
        func pin(_ number: Int, _ pinned: Bool) throws -> Job {
            try vm.world.job(
                number, .snapshotPin,
                SnapshotPinArguments(vm: SnapshotWorld.vm, snapshot: World.jobID(2), pinned: pinned))
        }
        try await vm.run(pin(3, true))
        try await expectRefused(vm, vm.deletion(4, of: 2), "pinned")
        #expect(try await vm.snapshots().map(\.pinned) == [true])
        try await vm.run(pin(5, false))
        try await vm.run(vm.deletion(6, of: 2))
        #expect(vm.outcome(6)?.state == .succeeded)
    }

    @Test func whatIsNotThereOrNotOursIsRefused() async throws {
        let vm = try await SnapshotWorld()
        try await expectRefused(vm, vm.revert(2, to: 9), "no-such-snapshot")
        try await expectRefused(vm, vm.deletion(3, of: 9), "no-such-snapshot")
        let foreign = VMID.random()
        _ = try await vm.hypervisor().define(CloneTests.foreignVM(name: "mine", id: foreign))
        let job = try vm.world.job(
            4, .snapshotCreate, SnapshotCreateArguments(vm: foreign, name: ResourceName("clean")!))
        try await expectRefused(vm, job, "not-ours")
        try await vm.run(vm.snapshot(5, "clean"))
        try await expectRefused(vm, vm.snapshot(6, "clean"), "name-exists")
    }

    @Test func savedMemoryAndForeignSnapshotsAreLeftAlone() async throws {
        let vm = try await SnapshotWorld(running: false)
        try await vm.run(vm.snapshot(2, "clean"))
        try vm.hypervisor().keep(SnapshotWorld.vm, managedSave: true)
        try await expectRefused(vm, vm.snapshot(3, "more"), "saved-memory")
        try await expectRefused(vm, vm.deletion(4, of: 2), "saved-memory")
        try vm.hypervisor().keep(SnapshotWorld.vm, foreignSnapshots: ["by-hand"])
        try await expectRefused(vm, vm.deletion(5, of: 2), "foreign-snapshots")
        try await expectRefused(vm, vm.revert(6, to: 2), "foreign-snapshots")
        try await expectRefused(vm, vm.world.job(8, .vmDelete, VMArguments(vm: SnapshotWorld.vm)), "foreign-snapshots")
        // A revert gives up what the VM has become, its saved memory with it.
        try vm.hypervisor().keep(SnapshotWorld.vm, managedSave: true)
        try await vm.run(vm.revert(7, to: 2, start: false))
        #expect(vm.outcome(7)?.state == .succeeded)
        #expect(try await !vm.hypervisor().hasManagedSave(SnapshotWorld.vm))
    }

    @Test func aLayerThatAPersonMadeIsNeverMergedInto() async throws {
        let vm = try await SnapshotWorld(running: false)
        let byHand = "\(vm.directory.path)/by-hand.qcow2"
        _ = try await Subprocess.run(
            "qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", vm.directory.disk, byHand]
        ).successful()
        let hypervisor = try vm.hypervisor()
        let edit = DomainEdit(files: ["sda": byHand])
        _ = try await hypervisor.define(edit.applied(to: hypervisor.definition(of: SnapshotWorld.vm)))
        try await vm.write(0x11, block: 0)
        try await vm.run(vm.snapshot(2, "clean"))
        #expect(vm.outcome(2)?.state == .succeeded, "\(vm.outcome(2)?.message ?? "")")
        try await vm.write(0x22, block: 0)
        try await expectRefused(vm, vm.deletion(3, of: 2), "foreign-layer")
        try await vm.run(vm.revert(4, to: 2))
        #expect(vm.outcome(4)?.state == .succeeded)
        #expect(try await vm.holds([0x11], in: vm.active()))
        #expect(DurableFile.exists(byHand))
    }

    @Test(arguments: [true, false])
    func aDiskThatIsLeftOutStaysAsItIs(running: Bool) async throws {
        let vm = try await SnapshotWorld(running: running, dataDisk: true)
        try await vm.run(vm.snapshot(2, "both"))
        let data = try await vm.active("sdb")
        try await vm.changeDataDisk()
        try await vm.write(1, block: 0)
        try await vm.write(1, block: 0, to: "sdb")
        try await vm.run(vm.snapshot(3, "clean"))
        #expect(vm.outcome(3)?.state == .succeeded, "\(vm.outcome(3)?.message ?? "")")
        #expect(try await vm.active("sdb") == data)
        let snapshots = try await vm.snapshots()
        #expect(snapshots.map(\.notHeld) == [nil, [VMSnapshot.LeftOutDisk(target: "sdb", backing: "file \(data)")]])
        #expect(snapshots.map(\.isCurrent) == [false, true])
        for target in ["sda", "sdb"] { try await vm.write(2, block: 0, to: target) }
        try await vm.run(vm.revert(4, to: 3))
        #expect(vm.outcome(4)?.state == .succeeded, "\(vm.outcome(4)?.message ?? "")")
        #expect(try await vm.holds([1], in: vm.active()))
        #expect(try await vm.active("sdb") == data)
        #expect(try await vm.holds([2], in: data))
    }

    @Test(arguments: [true, false])
    func aDiskThatIsNotInAFileIsRefusedUntilItIsLeftOut(running: Bool) async throws {
        let vm = try await SnapshotWorld(running: running, dataDisk: true)
        try await vm.changeDataDisk(toBlockDevice: true, leaveOut: false)
        try await expectRefused(vm, vm.snapshot(2, "clean"), "uncovered-disk")
        #expect(vm.outcome(2)?.message?.contains("block device /dev/sdz") == true, "\(vm.outcome(2)?.message ?? "")")
        #expect(vm.outcome(2)?.message?.contains("snapshot: no") == true)
        try await expectRefused(vm, vm.update(3), "uncovered-disk")
        try await vm.changeDataDisk()
        try await vm.run(vm.snapshot(4, "clean"))
        #expect(vm.outcome(4)?.state == .succeeded, "\(vm.outcome(4)?.message ?? "")")
        // Nobody has such a device to start it with.
        try await vm.run(vm.update(5, start: false))
        #expect(vm.outcome(5)?.state == .succeeded, "\(vm.outcome(5)?.message ?? "")")
        let left = [VMSnapshot.LeftOutDisk(target: "sdb", backing: "block device /dev/sdz")]
        #expect(try await vm.snapshots().map(\.notHeld) == [left, left])
    }

    /// A drive of the host's, or a controller with drives: what the guest writes there no snapshot holds.
    @Test func aDeviceWithDisksOfItsOwnIsRefusedUntilItIsLeftOut() async throws {
        var profile = SnapshotWorld.profile
        profile.hostDevices = [DeviceSelector(role: .sound), DeviceSelector(role: .nvme)]
        let refused = try await SnapshotWorld(running: false, profile: profile)
        for job in [
            try refused.snapshot(2, "clean"), try refused.update(3),
            try refused.world.job(4, .vmExport, ExportArguments(vm: SnapshotWorld.vm)),
        ] { try await expectRefused(refused, job, "uncovered-disk") }
        #expect(refused.outcome(2)?.message?.contains("(nvme), which no snapshot") == true)

        profile.hostDevices[1].snapshot = .no
        let vm = try await SnapshotWorld(running: false, profile: profile)
        try await vm.run(vm.snapshot(2, "clean"))
        try await vm.run(vm.world.job(3, .vmExport, ExportArguments(vm: SnapshotWorld.vm)))
        #expect(vm.outcome(3)?.message?.contains("disk hostdev1 (device nvme) is not in it") == true)
        #expect(
            try await vm.snapshots().map(\.notHeld) == [
                [VMSnapshot.LeftOutDisk(target: "hostdev1", backing: "device nvme")]
            ])
    }

    @Test func aChainMayNotGrowForEver() async throws {
        let vm = try await SnapshotWorld(running: false)
        // The disk and its base are two layers.
        for number in 2...DiskLayer.longestChain {
            try await vm.run(vm.snapshot(number, "s\(number)"))
            #expect(vm.outcome(number)?.state == .succeeded, "\(vm.outcome(number)?.message ?? "")")
        }
        try await expectRefused(vm, vm.snapshot(40, "one-more"), "chain-too-long")
    }

    @Test func whatIsMissingIsNamedBeforeAnythingIsTouched() async throws {
        let vm = try await SnapshotWorld()
        try await vm.run(vm.snapshot(2, "clean"))
        let kept = vm.directory.keptState(of: World.jobID(2))
        try DurableFile.rename(kept.variables, to: kept.path + "/elsewhere")
        try await expectRefused(vm, vm.revert(3, to: 2), "snapshot-damaged")
        try DurableFile.rename(kept.path + "/elsewhere", to: kept.variables)
        try DurableFile.rename(vm.directory.disk, to: vm.directory.path + "/elsewhere")
        try await expectRefused(vm, vm.revert(4, to: 2), "disk-unreadable")
        try await expectRefused(vm, vm.snapshot(5, "more"), "disk-unreadable")
        try DurableFile.rename(vm.directory.path + "/elsewhere", to: vm.directory.disk)
        try DurableFile.removeTree(vm.tpm)
        try DurableFile.removeTree("\(vm.tpm)/../..")
        var manifest = try SnapshotManifest.read(kept)
        manifest.disks = []
        let noDisk = try FleetJSON.encode(manifest)
        manifest = try SnapshotManifest.read(kept)
        manifest.id = World.jobID(77)
        for (number, damage) in [Data("{".utf8), noDisk, try FleetJSON.encode(manifest)].enumerated() {
            try damage.write(to: URL(filePath: kept.manifest))
            try await expectRefused(vm, vm.revert(60 + number, to: 2), "snapshot-damaged")
            await #expect(throws: JobProblem.self) { try await vm.snapshots() }
        }
    }

    @Test func aRunningVMWithoutItsStateIsRefused() async throws {
        let vm = try await SnapshotWorld()
        try DurableFile.removeTree(vm.world.directory.file("hypervisor/swtpm/\(SnapshotWorld.vm)"))
        try await expectRefused(vm, vm.snapshot(2, "clean"), "state-missing")
    }

    @Test func aVMIsDeletedWithItsSnapshots() async throws {
        let vm = try await SnapshotWorld()
        try await vm.run(vm.snapshot(2, "clean"))
        try await vm.run(vm.snapshot(3, "later"))
        try await vm.run(vm.world.job(4, .vmDelete, VMArguments(vm: SnapshotWorld.vm)))
        #expect(vm.outcome(4)?.state == .succeeded)
        try await expectNothing(vm.world, World.jobID(1))
    }

    /// Refused, with the VM and its snapshots as they were.
    private func expectRefused(
        _ vm: SnapshotWorld, _ job: Job, _ reason: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let active = try await vm.active()
        let files = try vm.world.files(of: World.jobID(1))
        try await vm.run(job)
        #expect(vm.world.last(of: job.id)?.state == .rejected, sourceLocation: sourceLocation)
        #expect(vm.world.last(of: job.id)?.reason == reason, sourceLocation: sourceLocation)
        #expect(try await vm.active() == active, sourceLocation: sourceLocation)
        #expect(try vm.world.files(of: World.jobID(1)) == files, sourceLocation: sourceLocation)
    }
}
