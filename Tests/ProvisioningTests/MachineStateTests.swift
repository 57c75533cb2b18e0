import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Testing

@testable import Provisioning

/// A VM whose UEFI variables or TPM state somebody has taken away never starts as another machine.
@Suite struct MachineStateTests {
    private enum Loss: String, CaseIterable { case variables, tpm }

    private func world(without loss: Loss?) async throws -> SnapshotWorld {
        let vm = try await SnapshotWorld(running: true)
        try await vm.run(vm.snapshot(2, "kept"))
        try await vm.run(vm.world.job(3, .vmStop, StopArguments(vm: SnapshotWorld.vm, force: true)))
        if let loss { try take(loss, from: vm) }
        return vm
    }

    private func take(_ loss: Loss, from vm: SnapshotWorld) throws {
        switch loss {
        case .variables: try DurableFile.remove(vm.variables)
        case .tpm: try DurableFile.removeTree(vm.world.directory.file("hypervisor/swtpm/\(SnapshotWorld.vm)"))
        }
    }

    @Test(arguments: Loss.allCases) private func nothingIsDoneWithAVMThatHasLostSomething(_ loss: Loss) async throws {
        let vm = try await world(without: loss)
        let lost = loss == .variables ? vm.variables : vm.world.directory.file("hypervisor/swtpm/\(SnapshotWorld.vm)")
        let jobs = [
            try vm.world.job(4, .vmStart, VMArguments(vm: SnapshotWorld.vm)), try vm.snapshot(5, "later"),
            try vm.update(6), try vm.world.job(7, .vmExport, ExportArguments(vm: SnapshotWorld.vm)),
        ]
        for job in jobs {
            try await vm.run(job)
            let report = try #require(vm.world.last(of: job.id))
            #expect(report.state == .rejected && report.reason == "state-missing", "\(report)")
            #expect(report.message?.contains(lost) == true, "\(report)")
        }
        #expect(!DurableFile.exists(lost))
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .shutoff)
        // What a snapshot has kept comes back with it.
        try await vm.run(vm.revert(8, to: 2))
        #expect(vm.outcome(8)?.state == .succeeded, "\(String(describing: vm.outcome(8)))")
        #expect(DurableFile.exists(lost))
        #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .running)
    }

    @Test func aVMThatNeverRanGetsItsTPMAtItsFirstStart() async throws {
        let vm = try await SnapshotWorld(running: false)
        #expect(!DurableFile.exists(vm.tpm))
        try await vm.run(vm.world.job(2, .vmStart, VMArguments(vm: SnapshotWorld.vm)))
        #expect(vm.outcome(2)?.state == .succeeded && DurableFile.exists(vm.tpm))
    }

    /// libvirt, or a person, started it first.
    @Test func aTPMThatSomebodyElsesStartMadeCountsAsWell() async throws {
        let vm = try await SnapshotWorld(running: false)
        try await vm.hypervisor().start(SnapshotWorld.vm)
        try await vm.hypervisor().destroy(SnapshotWorld.vm)
        for number in [2, 3] {
            try await vm.run(vm.world.job(number, .vmStart, VMArguments(vm: SnapshotWorld.vm)))
            #expect(vm.outcome(number)?.state == (number == 2 ? .succeeded : .rejected))
            try? await vm.hypervisor().destroy(SnapshotWorld.vm)
            try take(.tpm, from: vm)
        }
    }

    @Test func whoGivesTheOldOneUpGetsANewTPM() async throws {
        let vm = try await world(without: .tpm)
        try DurableFile.remove(vm.directory.tpmMark)
        try await vm.run(vm.world.job(4, .vmStart, VMArguments(vm: SnapshotWorld.vm)))
        #expect(vm.outcome(4)?.state == .succeeded && DurableFile.exists(vm.tpm))
    }
}
