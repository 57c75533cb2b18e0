import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
@testable import Provisioning
import Testing

/// The agent dies at every moment between two effects of a snapshot's jobs and is started again on what it left: each
/// ends done, or as before, and no byte is lost.
@Suite struct SnapshotCrashTests {
    @Test(arguments: [true, false])
    func everyCrashOfACreationEndsWithOneSnapshot(running: Bool) async throws {
        let points = try await points(running: running, []) { try $0.snapshot(2, "clean") }
        #expect(points.count == (running ? 5 : 4) * 3 + 4)
        for point in points {
            let vm = try await prepared(running: running, [])
            try await crashAndGoOn(vm, vm.snapshot(2, "clean"), at: point)
            #expect(vm.outcome(2)?.state == .succeeded, "\(point)")
            try await expectState(vm, running: running, "\(point)")
            #expect(try await vm.active() == vm.layer(2), "\(point)")
            #expect(try await vm.snapshots().map(\.consistency) == [running ? .app : .off], "\(point)")
            try await vm.write(0x22, block: 0)
            #expect(try await vm.holds([1], in: vm.directory.disk), "\(point)")
            #expect(vm.text(vm.directory.keptState(of: World.jobID(2)).variables) == "changed by 1", "\(point)")
            #expect(
                try vm.world.files(of: World.jobID(1))
                    == ["disk.qcow2", "sda-\(World.jobID(2)).qcow2", "snapshots", "variables.fd"], "\(point)")
        }
    }

    @Test(
        arguments: [
            (true, InMemoryHypervisor.Operation.overlayDisks, nil), (true, .resume, nil), (false, .define, nil),
            (true, nil, "manifest"), (false, nil, "manifest"),
        ] as [(Bool, InMemoryHypervisor.Operation?, String?)])
    func everyCrashOfAFailingCreationLeavesTheVMAsItWas(
        running: Bool, operation: InMemoryHypervisor.Operation?, obstacle: String?
    ) async throws {
        let fail: @Sendable (InMemoryHypervisor) -> Void = { hypervisor in
            guard let operation else { return }
            hypervisor.fail(operation, with: HypervisorError(.failed, operation: "try", object: "VM", message: "no"))
        }
        /// A directory where the manifest should be.
        let obstruct: @Sendable (SnapshotWorld) throws -> Void = { vm in
            guard obstacle != nil else { return }
            let state = vm.directory.keptState(of: World.jobID(2))
            try DurableFile.makeDirectory(state.manifest + ".part/in-the-way", mode: 0o700)
        }
        let points = try await points(running: running, [], configure: fail, before: obstruct) {
            try $0.snapshot(2, "clean")
        }
        #expect(points.contains { $0.moment == .beforeUndo })
        for point in points {
            let vm = try await prepared(running: running, [])
            try obstruct(vm)
            try await crashAndGoOn(vm, vm.snapshot(2, "clean"), at: point, configure: fail)
            // A crash between the failure and its note makes the agent try once more, now without an obstacle.
            guard vm.outcome(2)?.state != .succeeded else {
                #expect(operation != nil, "\(point)")
                continue
            }
            #expect(vm.outcome(2)?.state == .rolledBack, "\(point)")
            try await expectState(vm, running: running, "\(point)")
            #expect(try await vm.active() == vm.directory.disk, "\(point)")
            #expect(try await vm.holds([1], in: vm.directory.disk), "\(point)")
            #expect(!DurableFile.exists(vm.layer(2)), "\(point)")
            #expect(vm.text(vm.variables) == "changed by 1", "\(point)")
        }
    }

    @Test(arguments: [true, false])
    func everyCrashOfARevertEndsWithTheSnapshotsState(start: Bool) async throws {
        let before: [@Sendable (SnapshotWorld) throws -> Job] = [{ try $0.snapshot(2, "clean") }]
        let points = try await points(running: true, before) { try $0.revert(3, to: 2, start: start) }
        #expect(points.count == (start ? 7 : 6) * 3 + 4)
        for point in points {
            let vm = try await prepared(running: true, before)
            try await crashAndGoOn(vm, vm.revert(3, to: 2, start: start), at: point)
            #expect(vm.outcome(3)?.state == .succeeded, "\(point): \(vm.outcome(3)?.message ?? "")")
            try await expectState(vm, running: start, "\(point)")
            #expect(try await vm.active() == vm.layer(3), "\(point)")
            #expect(try await vm.holds([1, 0], in: vm.layer(3)), "\(point)")
            for file in [vm.variables, vm.tpm] { #expect(vm.text(file) == "changed by 1", "\(point)") }
            #expect(try await vm.snapshots().map(\.id) == [World.jobID(2)], "\(point)")
            #expect(
                try vm.world.files(of: World.jobID(1))
                    == ["disk.qcow2", "sda-\(World.jobID(3)).qcow2", "snapshots", "variables.fd"], "\(point)")
            #expect(try DurableFile.entries(of: vm.directory.snapshots) == ["\(World.jobID(2))"], "\(point)")
        }
    }

    @Test(arguments: [InMemoryHypervisor.Operation.define, .start])
    func everyCrashOfAFailingRevertLosesNothing(operation: InMemoryHypervisor.Operation) async throws {
        let before: [@Sendable (SnapshotWorld) throws -> Job] = [{ try $0.snapshot(2, "clean") }]
        let fail: @Sendable (InMemoryHypervisor) -> Void = { hypervisor in
            hypervisor.fail(operation, with: HypervisorError(.failed, operation: "try", object: "VM", message: "no"))
        }
        let points = try await points(running: true, before, configure: fail) { try $0.revert(3, to: 2) }
        for point in points {
            let vm = try await prepared(running: true, before)
            try await crashAndGoOn(vm, vm.revert(3, to: 2), at: point, configure: fail)
            if vm.outcome(3)?.state == .succeeded {
                #expect(try await vm.holds([1, 0], in: vm.active()), "\(point)")
                continue
            }
            #expect(vm.outcome(3)?.state == .rolledBack, "\(point): \(vm.outcome(3)?.message ?? "")")
            #expect(try await vm.active() == vm.layer(2), "\(point)")
            #expect(try await vm.holds([1, 2], in: vm.active()), "\(point)")
            for file in [vm.variables, vm.tpm] { #expect(vm.text(file) == "changed by 2", "\(point)") }
            #expect(try DurableFile.entries(of: vm.directory.snapshots) == ["\(World.jobID(2))"], "\(point)")
        }
    }

    @Test(arguments: [true, false], [2, 3])
    func everyCrashOfADeletionKeepsWhatOthersHold(running: Bool, snapshot: Int) async throws {
        let before: [@Sendable (SnapshotWorld) throws -> Job] = [
            { try $0.snapshot(2, "clean") }, { try $0.snapshot(3, "later") },
        ]
        let points = try await points(running: running, before) { try $0.deletion(4, of: snapshot) }
        #expect(points.count == 4 * 3 + 4)
        for point in points {
            let vm = try await prepared(running: running, before)
            try await crashAndGoOn(vm, vm.deletion(4, of: snapshot), at: point)
            #expect(vm.outcome(4)?.state == .succeeded, "\(point): \(vm.outcome(4)?.message ?? "")")
            try await expectState(vm, running: running, "\(point)")
            #expect(try await vm.holds([1, 2, 3], in: vm.active()), "\(point)")
            let left = snapshot == 2 ? 3 : 2
            #expect(try await vm.snapshots().map(\.id) == [World.jobID(left)], "\(point)")
            let kept = try SnapshotManifest.read(vm.directory.keptState(of: World.jobID(left))).disks[0].file
            #expect(try await vm.holds(left == 2 ? [1, 0, 0] : [1, 2, 0], in: kept), "\(point)")
            #expect(vm.directory.layers.count == 2, "\(point)")
        }
    }

    // Helpers

    /// A VM whose disk has a block of each number from 1: one written before the first job, one after each.
    private func prepared(
        running: Bool, _ jobs: [@Sendable (SnapshotWorld) throws -> Job]
    ) async throws -> SnapshotWorld {
        let vm = try await SnapshotWorld(running: running)
        try await vm.write(1, block: 0)
        for (index, job) in jobs.enumerated() {
            try await vm.run(job(vm))
            try await vm.write(UInt8(index + 2), block: index + 1)
        }
        return vm
    }

    private func points(
        running: Bool, _ jobs: [@Sendable (SnapshotWorld) throws -> Job],
        configure: @escaping @Sendable (InMemoryHypervisor) -> Void = { _ in },
        before: (SnapshotWorld) throws -> Void = { _ in }, of job: (SnapshotWorld) throws -> Job
    ) async throws -> [FaultPoint] {
        let vm = try await prepared(running: running, jobs)
        try before(vm)
        return try await vm.run(job(vm), configure: configure).points()
    }

    private func crashAndGoOn(
        _ vm: SnapshotWorld, _ job: Job, at point: FaultPoint,
        configure: @escaping @Sendable (InMemoryHypervisor) -> Void = { _ in }
    ) async throws {
        let life = try await Life(vm.world, configure: configure, crashAt: { $0 == point })
        try await life.receive(job)
        #expect(try await life.crashed(), "\(point)")
        try await Life(vm.world, configure: point.isFailure ? configure : { _ in }).finish(job.id)
    }

    private func expectState(_ vm: SnapshotWorld, running: Bool, _ comment: Comment) async throws {
        let hypervisor = try vm.hypervisor()
        #expect(try await hypervisor.domain(SnapshotWorld.vm).state == (running ? .running : .shutoff), comment)
        #expect(!hypervisor.isFrozen(SnapshotWorld.vm), comment)
    }
}

extension FaultPoint {
    /// The obstacle is still there when the agent comes back.
    fileprivate var isFailure: Bool { [.beforeIntent, .afterIntent].contains(moment) }
}
