import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
@testable import Provisioning
import Synchronization
import Testing

/// Somebody undefines a VM, or gives it another name, in the middle of an update or a snapshot's job: the job says so or is
/// done, and no file of the VM is lost. Once the VM is there again, what was asked for can be asked for again. And the
/// hypervisor itself goes away in the middle of them.
@Suite struct TakenAwayTests {
    enum Kind: String, CaseIterable, Sendable {
        case creation, revert, deletion, update

        func job(_ number: Int, _ vm: SnapshotWorld) throws -> Job {
            switch self {
            case .creation: try vm.snapshot(number, "new")
            case .revert: try vm.revert(number, to: 2)
            case .deletion: try vm.deletion(number, of: 2)
            case .update: try vm.update(number)
            }
        }

        /// What the disk shows when it is done.
        var blocks: [UInt8] {
            switch self {
            case .creation, .deletion: [1, 2]
            case .revert: [1, 0]
            case .update: [0, 0]
            }
        }
    }

    @Test(arguments: Kind.allCases, [true, false])
    func aVMUndefinedBehindOurBackLosesNoFile(kind: Kind, running: Bool) async throws {
        for point in try await points(of: kind, running) {
            let vm = try await prepared(running)
            let definition = Mutex("")
            let state = [vm.variables, vm.tpm].map { ($0, vm.text($0)) }
            try await vm.run(
                kind.job(3, vm),
                during: { passed, hypervisor in
                    guard passed == point else { return }
                    let xml = try await hypervisor.definition(of: SnapshotWorld.vm)
                    definition.withLock { $0 = xml }
                    try hypervisor.vanish(SnapshotWorld.vm)
                })
            _ = try await vm.hypervisor().define(definition.withLock(\.self))
            // They went with the definition.
            for case (let file, let text?) in state where [.creation, .update].contains(kind) {
                try FileManager.default.createDirectory(
                    atPath: URL(filePath: file).deletingLastPathComponent().path, withIntermediateDirectories: true)
                try DurableFile.replace(file, with: text.utf8, mode: 0o600)
            }
            try await expectNothingIsLost(vm, kind, ["vm-gone", "no-such-vm"], "\(point)")
        }
    }

    /// libvirt renames nothing that runs.
    @Test(arguments: Kind.allCases, [true, false])
    func aVMRenamedBehindOurBackLosesNoFile(kind: Kind, running: Bool) async throws {
        for point in try await points(of: kind, running) {
            let vm = try await prepared(running)
            try await vm.run(
                kind.job(3, vm),
                during: { passed, hypervisor in
                    guard passed == point else { return }
                    try hypervisor.powerOff(SnapshotWorld.vm)
                    try await hypervisor.rename(SnapshotWorld.vm, "theirs")
                })
            #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).name == "theirs", "\(point)")
            try await expectNothingIsLost(vm, kind, ["vm-changed"], "\(point)")
            #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).name == "theirs", "\(point)")
        }
    }

    /// A daemon that dies during a call has done what it was asked for, or has not.
    @Test(arguments: Kind.allCases, [true, false])
    func aHypervisorThatDiesDuringAnyCallIsWaitedFor(kind: Kind, takesEffect: Bool) async throws {
        for call in 1... {
            let vm = try await prepared(true)
            let isBegun = Atomic(false)
            let life = try await vm.run(
                kind.job(3, vm),
                during: { _, hypervisor in
                    guard !isBegun.exchange(true, ordering: .relaxed) else { return }
                    hypervisor.die(atCall: call, takesEffect: takesEffect)
                })
            let report = try #require(vm.outcome(3))
            #expect(report.state == .succeeded, "call \(call): \(report)")
            #expect(try await vm.holds(kind.blocks, in: vm.active()), "call \(call)")
            #expect(try await vm.hypervisor().domain(SnapshotWorld.vm).state == .running, "call \(call)")
            if kind != .deletion { try await expectSnapshotIsWhole(vm, "call \(call)") }
            if life.hypervisor.isStillToDie { return }
        }
    }

    // Helpers

    /// A VM with snapshot 2, whose guest has written to its second block since.
    private func prepared(_ running: Bool) async throws -> SnapshotWorld {
        let vm = try await SnapshotWorld(running: running)
        try await vm.write(1, block: 0)
        try await vm.run(vm.snapshot(2, "clean"))
        try await vm.write(2, block: 1)
        return vm
    }

    /// The moments before each effect and after it.
    private func points(of kind: Kind, _ running: Bool) async throws -> [FaultPoint] {
        let vm = try await prepared(running)
        return try await vm.run(kind.job(3, vm)).points().filter {
            [.afterIntent, .afterEffect, .beforeVerification].contains($0.moment)
        }
    }

    private func expectNothingIsLost(
        _ vm: SnapshotWorld, _ kind: Kind, _ reasons: Set<String>, _ comment: Comment
    ) async throws {
        let report = try #require(vm.outcome(3))
        let isDone = report.state == .succeeded
        #expect(isDone || reasons.contains(report.reason ?? ""), "\(comment): \(report)")
        if !(isDone && kind == .revert) { #expect(try await vm.holds([1, 2], in: lastWritten(vm)), comment) }
        if !(isDone && kind == .deletion) { try await expectSnapshotIsWhole(vm, comment) }
        guard !isDone else { return }
        try await vm.run(kind.job(4, vm))
        // What somebody brought back may already be the new system.
        let isThere = kind == .update && vm.outcome(4)?.reason == "up-to-date"
        #expect(vm.outcome(4)?.state == .succeeded || isThere, "\(comment): \(vm.outcome(4)?.message ?? "")")
        #expect(try await vm.holds(kind.blocks, in: vm.active()), comment)
        if kind != .deletion { try await expectSnapshotIsWhole(vm, comment) }
    }

    /// What the guest wrote to last before the job, or what that was merged into.
    private func lastWritten(_ vm: SnapshotWorld) -> String {
        DurableFile.exists(vm.layer(2)) ? vm.layer(2) : vm.directory.disk
    }

    private func expectSnapshotIsWhole(_ vm: SnapshotWorld, _ comment: Comment) async throws {
        let state = vm.directory.keptState(of: World.jobID(2))
        let manifest = try SnapshotManifest.read(state)
        if !manifest.isBeingDeleted { #expect(try await vm.holds([1, 0], in: manifest.disks[0].file), comment) }
        #expect(vm.text(state.variables) == "changed by 1", comment)
    }
}
