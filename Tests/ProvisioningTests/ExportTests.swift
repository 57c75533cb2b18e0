import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Hypervisor
@testable import Provisioning
import Signing
import Testing

/// `vm.export` and `vm.import`: a VM that leaves its host whole, and comes back as itself or as another one.
@Suite struct ExportTests {
    @Test func aRestoredVMIsTheSameMachineAtAnEarlierTime() async throws {
        let vm = try await made(running: true)
        try await stop(vm)
        try await vm.write(7, block: 0)
        let before = try await definition(vm)
        let (variables, tpm) = (vm.text(vm.variables), vm.text(vm.tpm))
        try await export(vm, 3)
        try await vm.run(vm.world.job(4, .vmDelete, VMArguments(vm: SnapshotWorld.vm)))
        #expect(vm.outcome(4)?.state == .succeeded)

        try await vm.run(importing(vm, 5, .restore, start: true))
        #expect(vm.outcome(5)?.state == .succeeded, "\(vm.outcome(5)?.message ?? "")")
        #expect(vm.outcome(5)?.vm == SnapshotWorld.vm)
        let after = try await definition(vm)
        #expect((after.id, after.name, after.macs) == (before.id, before.name, before.macs))
        #expect(after.genID == CloneIdentity(job: World.jobID(5)).genID && after.origin == before.origin)
        #expect(vm.text(vm.variables) == variables && vm.text(vm.tpm) == tpm && tpm == "changed by 7")
        #expect(try await vm.holds([7], in: vm.active()))
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .running)
        try await expectWholeVM(vm, SnapshotWorld.vm)
    }

    @Test func aMovedVMIsTheSameMachineElsewhere() async throws {
        let vm = try await made(running: false, dataDisk: true)
        try await vm.write(3, block: 0)
        try await vm.write(4, block: 1, to: "sdb")
        let before = try await definition(vm)
        try await export(vm, 3)
        let elsewhere = try await World()
        try setFirmware(elsewhere)
        try DurableFile.copyTree(vm.world.exportDirectory, to: elsewhere.exportDirectory)
        let job = try importing(vm, 4, .move)
        let life = try await Life(elsewhere)
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(elsewhere.last(of: job.id)?.state == .succeeded, "\(elsewhere.last(of: job.id)?.message ?? "")")
        let after = try DomainDefinition(xml: await life.hypervisor.definition(of: SnapshotWorld.vm))
        #expect((after.id, after.name, after.macs, after.genID) == (before.id, before.name, before.macs, before.genID))
        #expect(after.disks.compactMap(\.file).allSatisfy { $0.hasPrefix(elsewhere.vmDirectory) })
        #expect(after.nvramPath?.hasPrefix(elsewhere.vmDirectory) == true)
        #expect(after.loaderPath?.hasPrefix(vm.world.directory.path) == true, "what this host has as well stays")
        let disks = Dictionary(uniqueKeysWithValues: after.disks.map { ($0.target, $0.file ?? "") })
        #expect(try await vm.holds([3], in: #require(disks["sda"])))
        #expect(try await vm.holds([0, 4], in: #require(disks["sdb"])))
        #expect(try await DriftInspection(life.host).differences(of: life.hypervisor.domain(SnapshotWorld.vm)) == [])
    }

    @Test func aCopyIsAnotherMachineWithTheSameDisks() async throws {
        let vm = try await made(running: false)
        try await vm.write(9, block: 0)
        let before = try await definition(vm)
        try await export(vm, 3)
        try await vm.run(importing(vm, 4, .copy, name: "twin"))
        #expect(vm.outcome(4)?.state == .succeeded, "\(vm.outcome(4)?.message ?? "")")
        let identity = CloneIdentity(job: World.jobID(4))
        #expect(vm.outcome(4)?.vm == identity.vm)
        let xml = try await vm.hypervisor().definition(of: identity.vm)
        let after = try DomainDefinition(xml: xml)
        #expect((after.name, after.genID, after.origin?.job) == ("twin", identity.genID, identity.job))
        #expect(after.macs == [identity.mac(nic: 0)])
        #expect(!xml.contains(SnapshotWorld.vm.description), "SMBIOS tells the new one")
        #expect(!DurableFile.exists(vm.tpm.replacing("\(SnapshotWorld.vm)", with: "\(identity.vm)")), "a fresh TPM")
        try await expectWholeVM(vm, identity.vm)
        #expect(try await definition(vm) == before)
        // It is a VM as any other: it can be snapshotted and deleted.
        try await vm.run(
            vm.world.job(5, .snapshotCreate, SnapshotCreateArguments(vm: identity.vm, name: ResourceName("s")!)))
        #expect(vm.outcome(5)?.state == .succeeded, "\(vm.outcome(5)?.message ?? "")")
        try await vm.run(vm.world.job(6, .vmDelete, VMArguments(vm: identity.vm)))
        #expect(vm.outcome(6)?.state == .succeeded)
        #expect(try vm.world.files(of: World.jobID(4)) == nil)
    }

    @Test func aSnapshotIsExportedWhileTheGuestRuns() async throws {
        let vm = try await made(running: true)
        try await vm.run(vm.snapshot(2, "then"))
        try await vm.write(5, block: 0)
        try await export(vm, 3, snapshot: 2)
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .running)
        try await vm.run(importing(vm, 4, .copy, name: "then"))
        #expect(vm.outcome(4)?.state == .succeeded, "\(vm.outcome(4)?.message ?? "")")
        let copy = CloneIdentity(job: World.jobID(4)).vm
        let disk = try DomainDefinition(xml: await vm.hypervisor().definition(of: copy)).disks.first?.file
        #expect(try await vm.holds([0], in: #require(disk)), "what came after the snapshot is not in it")
    }

    @Test func whatCannotBeExportedIsRefusedBeforeAnythingIsTouched() async throws {
        let vm = try await made(running: true)
        try await vm.run(exporting(vm, 3))
        #expect(vm.outcome(3)?.reason == "not-off")
        try await vm.run(exporting(vm, 4, snapshot: 9))
        #expect(vm.outcome(4)?.reason == "no-such-snapshot")
        let id = VMID.random()
        _ = try await vm.hypervisor().define(CloneTests.foreignVM(name: "mine", id: id))
        try await vm.run(vm.world.job(5, .vmExport, ExportArguments(vm: id)))
        #expect(vm.outcome(5)?.reason == "not-ours")
        #expect(!DurableFile.exists(vm.world.exportDirectory))
    }

    @Test func whatCannotBeImportedIsRefusedBeforeAnythingIsTouched() async throws {
        let vm = try await made(running: false)
        try await export(vm, 3)
        func expectRefusal(_ number: Int, _ reason: String, _ job: Job) async throws {
            try await vm.run(job)
            #expect(vm.outcome(number)?.state == .rejected)
            #expect(vm.outcome(number)?.reason == reason, "\(vm.outcome(number)?.message ?? "")")
        }
        try await expectRefusal(4, "vm-exists", importing(vm, 4, .restore))
        try await expectRefusal(5, "name-exists", importing(vm, 5, .copy))
        try await expectRefusal(6, "no-export", importing(vm, 6, .copy, export: 9, name: "twin"))
        try await expectRefusal(
            7, "export-damaged", importing(vm, 7, .copy, name: "twin", digest: SHA256Hasher.digest(of: [])))
        try await expectRefusal(8, "bad-arguments", importing(vm, 8, .copy, name: "twin", vm: .random()))
        #expect(try await vm.hypervisor().domains().count == 1)
        #expect(try DurableFile.entries(of: vm.world.vmDirectory) == ["\(World.jobID(1))"])
    }

    @Test func anExportThatWasChangedOnItsWayBecomesNoVM() async throws {
        let vm = try await made(running: true)
        try await stop(vm)
        try await export(vm, 3)
        let export = VMExport(path: "\(vm.world.exportDirectory)/\(World.jobID(3))")
        let files = try export.contents()
        #expect(files == ["definition.xml", "sda.qcow2", "tpm/tpm2/tpm2-00.permall", "variables.fd"])
        for (index, file) in files.enumerated() {
            let path = URL(filePath: "\(export.path)/\(file)")
            let whole = try Data(contentsOf: path)
            var damaged = whole
            damaged[damaged.count / 2] ^= 1
            try damaged.write(to: path)
            try await expectDamage(vm, 10 + index, file)
            try whole.write(to: path)
        }
        try Data("x".utf8).write(to: URL(filePath: "\(export.path)/more"))
        try await expectDamage(vm, 20, "more")
        try DurableFile.remove("\(export.path)/more")
        try DurableFile.remove("\(export.path)/variables.fd")
        try FileManager.default.createSymbolicLink(
            atPath: "\(export.path)/variables.fd", withDestinationPath: "/etc/passwd")
        try await vm.run(importing(vm, 21, .copy, name: "twin"))
        #expect(vm.outcome(21)?.state == .rolledBack)
        try await expectNothing(vm, 21)
    }

    @Test func aGuestThatIsStartedMeanwhileIsNotExportedHalf() async throws {
        let vm = try await made(running: false)
        try await vm.run(
            exporting(vm, 3),
            during: { point, hypervisor in
                guard point.step == "manifest", point.moment == .afterIntent else { return }
                try await hypervisor.start(SnapshotWorld.vm)
            })
        #expect(vm.outcome(3)?.state == .rolledBack)
        #expect(vm.outcome(3)?.reason == "vm-changed")
        #expect(try DurableFile.entries(of: vm.world.exportDirectory).isEmpty)
    }

    @Test func everyCrashOfAnExportEndsWithAWholeOne() async throws {
        let undisturbed = try await made(running: false)
        let points = try await undisturbed.run(exporting(undisturbed, 3)).points()
        #expect(points.count == 3 * 3 + 4)
        for point in points {
            let vm = try await made(running: false)
            let first = try await Life(vm.world, crashAt: { $0 == point })
            try await first.receive(exporting(vm, 3))
            #expect(try await first.crashed(), "\(point)")
            try await Life(vm.world).finish(World.jobID(3))
            #expect(vm.outcome(3)?.state == .succeeded, "\(point)")
            try await vm.run(importing(vm, 4, .copy, name: "twin"))
            #expect(vm.outcome(4)?.state == .succeeded, "\(point): \(vm.outcome(4)?.message ?? "")")
        }
    }

    @Test(arguments: [false, true])
    func everyCrashOfAnImportEndsWithOneVMOrNone(_ fails: Bool) async throws {
        let configure: @Sendable (InMemoryHypervisor) -> Void = { hypervisor in
            let error = HypervisorError(.failed, operation: "try", object: "VM", message: "no")
            if fails { hypervisor.fail(.start, with: error, error, error) }
        }
        func prepared() async throws -> SnapshotWorld {
            let vm = try await made(running: true)
            try await stop(vm)
            try await vm.write(7, block: 0)
            try await export(vm, 3)
            try await vm.run(vm.world.job(4, .vmDelete, VMArguments(vm: SnapshotWorld.vm)))
            return vm
        }
        let undisturbed = try await prepared()
        let points = try await undisturbed.run(
            importing(undisturbed, 5, .restore, start: true), configure: configure
        ).points()
        #expect(Set(points.compactMap(\.step)).count == 5)
        for point in points {
            let vm = try await prepared()
            let first = try await Life(vm.world, configure: configure, crashAt: { $0 == point })
            try await first.receive(importing(vm, 5, .restore, start: true))
            #expect(try await first.crashed(), "\(point)")
            try await Life(vm.world, configure: configure).finish(World.jobID(5))
            if fails {
                #expect(vm.outcome(5)?.state == .rolledBack, "\(point)")
                try await expectNothing(vm, 5, job: 1)
            } else {
                #expect(vm.outcome(5)?.state == .succeeded, "\(point): \(vm.outcome(5)?.message ?? "")")
                #expect(try await vm.holds([7], in: vm.active()), "\(point)")
                #expect(vm.text(vm.tpm) == "changed by 7", "\(point)")
                try await expectWholeVM(vm, SnapshotWorld.vm)
            }
        }
    }

    @Test func aCancelledExportLeavesNothing() async throws {
        let vm = try await made(running: false)
        var job = try exporting(vm, 3)
        let first = try await Life(vm.world, crashAt: { $0.step == "disk sda" && $0.moment == .afterEffect })
        try await first.receive(job)
        #expect(try await first.crashed())
        job.cancel = true
        let second = try await Life(vm.world)
        try await second.receive(job)
        try await second.finish(job.id)
        #expect(vm.outcome(3)?.state == .cancelled)
        #expect(try DurableFile.entries(of: vm.world.exportDirectory).isEmpty)
    }

    // Helpers

    /// The firmware's variables have the size that `SnapshotWorld.write` makes them.
    private func made(running: Bool, dataDisk: Bool = false) async throws -> SnapshotWorld {
        let vm = try await SnapshotWorld(running: running, dataDisk: dataDisk)
        try setFirmware(vm.world)
        try Data("0123456789ab".utf8).write(to: URL(filePath: vm.variables))
        return vm
    }

    private func setFirmware(_ world: World) throws {
        let variables = world.directory.file("root/usr/share/OVMF/OVMF_VARS_4M.fd")
        try Data("0123456789ab".utf8).write(to: URL(filePath: variables))
    }

    private func stop(_ vm: SnapshotWorld) async throws {
        try await vm.run(vm.world.job(2, .vmStop, StopArguments(vm: SnapshotWorld.vm, force: true)))
    }

    private func exporting(_ vm: SnapshotWorld, _ number: Int, snapshot: Int? = nil) throws -> Job {
        try vm.world.job(
            number, .vmExport, ExportArguments(vm: SnapshotWorld.vm, snapshot: snapshot.map(World.jobID)))
    }

    private func export(_ vm: SnapshotWorld, _ number: Int, snapshot: Int? = nil) async throws {
        try await vm.run(exporting(vm, number, snapshot: snapshot))
        #expect(vm.outcome(number)?.state == .succeeded, "\(vm.outcome(number)?.message ?? "")")
    }

    private func importing(
        _ vm: SnapshotWorld, _ number: Int, _ identity: ImportIdentity, export: Int = 3, name: String = "office",
        digest: Digest? = nil, vm id: VMID = SnapshotWorld.vm, start: Bool = false
    ) throws -> Job {
        var known: Digest?
        if case .export(let reference)? = vm.outcome(3)?.result { known = reference.digest }
        return try vm.world.job(
            number, .vmImport,
            ImportArguments(
                export: World.jobID(export), digest: try #require(digest ?? known), vm: id, identity: identity,
                name: ResourceName(name)!, start: start))
    }

    private func definition(_ vm: SnapshotWorld) async throws -> DomainDefinition {
        try DomainDefinition(xml: await vm.hypervisor().definition(of: SnapshotWorld.vm))
    }

    /// Nothing of it lies in another VM's directory, or in the export, and it is as its profile says.
    private func expectWholeVM(_ vm: SnapshotWorld, _ id: VMID) async throws {
        let life = try await Life(vm.world)
        let domain = try await life.hypervisor.domain(id)
        #expect(try await DriftInspection(life.host).differences(of: domain) == [])
        let definition = try DomainDefinition(xml: await life.hypervisor.definition(of: id))
        let own = "\(vm.world.vmDirectory)/\(try #require(definition.origin?.job))/"
        #expect((definition.disks.compactMap(\.file) + [definition.nvramPath ?? ""]).allSatisfy { $0.hasPrefix(own) })
        for file in definition.disks.compactMap(\.file) { #expect(try await DiskLayer.chain(of: file).count == 1) }
        try await life.stop()
    }

    private func expectDamage(_ vm: SnapshotWorld, _ number: Int, _ file: String) async throws {
        try await vm.run(importing(vm, number, .copy, name: "twin"))
        let report = vm.outcome(number)
        #expect(report?.reason == "export-damaged", "\(file): \(report?.message ?? "")")
        #expect(report?.message?.contains(file) == true)
        try await expectNothing(vm, number)
    }

    /// - Parameter job: that the VM's files would be named by; the import's own when nil.
    private func expectNothing(_ vm: SnapshotWorld, _ number: Int, job: Int? = nil) async throws {
        #expect(try vm.world.files(of: World.jobID(job ?? number)) == nil)
        #expect(try await vm.hypervisor().domains().count == (job == nil ? 1 : 0))
        if job != nil { #expect(!DurableFile.exists(vm.tpm)) }
    }
}
