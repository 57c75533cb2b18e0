import FleetModel
import FleetRuntime
import FleetTestSupport
import Placement
@testable import Provisioning
import Testing

/// The file system of the VMs fills up at every moment of a job: the job is done or undone, and works once there is room.
@Suite struct FullDiskMatrixTests {
    /// So that a copy takes room.
    private static let imageData = 4 << 20

    @Test(arguments: CrashMatrixTests.Making.allCases)
    func aCloneThatFindsNoRoomLeavesNothing(_ making: CrashMatrixTests.Making) async throws {
        let others = making == .seed ? ["seed.iso"] : []
        var refused = 0
        for point in try await points(making) {
            let small = try SmallFileSystem(bytes: 8 << 20)
            let world = try await World(vmDirectory: small.file("vms"), imageData: Self.imageData)
            let life = try await Life(
                world, profile: making.profile,
                during: { passed, _ in
                    // A copy gets as far as its second mebibyte.
                    if passed == point { try small.fill(leaving: making == .copy ? 1 << 20 : 0) }
                })
            try await life.receive(try world.clone())
            try await life.finish(World.jobID(1))
            let report = try #require(world.last(of: World.jobID(1)))
            if report.state == .succeeded {
                try await expectCompleteClone(world, World.jobID(1), isCopy: making == .copy, andAlso: others)
                continue
            }
            #expect(report.state == .rolledBack && report.reason == "no-space", "\(point): \(report)")
            try await expectNothing(world, World.jobID(1))
            refused += 1
            try small.drain()
            let next = try await Life(world, profile: making.profile)
            try await next.receive(try world.clone(2))
            try await next.finish(World.jobID(2))
            #expect(world.last(of: World.jobID(2))?.state == .succeeded, "\(point)")
            try await expectCompleteClone(world, World.jobID(2), isCopy: making == .copy, andAlso: others)
        }
        #expect(refused > 0)
    }

    @Test(arguments: [CrashMatrixTests.Making.overlay, .copy])
    func anUpdateThatFindsNoRoomLeavesTheOldSystem(_ making: CrashMatrixTests.Making) async throws {
        var refused = 0
        for point in try await updatePoints(making) {
            let small = try SmallFileSystem(bytes: 100 << 20)
            let vm = try await updated(making, in: small)
            try await vm.run(
                vm.update(2), profile: making.profile,
                during: { passed, _ in
                    if passed == point { try small.fill(leaving: making == .copy ? 1 << 20 : 0) }
                })
            let report = try #require(vm.outcome(2))
            if report.state != .succeeded {
                #expect(report.state == .rolledBack && report.reason == "no-space", "\(point): \(report)")
                #expect(try await vm.holds([7], in: vm.active()), "\(point)")
                #expect(try await vm.hypervisor().domains().map(\.state) == [.running], "\(point)")
                refused += 1
                try small.drain()
                try await vm.run(vm.update(3), profile: making.profile)
                #expect(vm.outcome(3)?.state == .succeeded, "\(point): \(vm.outcome(3)?.message ?? "")")
            }
            #expect(try await vm.holds([9], in: vm.active()), "\(point): the new system")
        }
        #expect(refused > 0)
    }

    /// The new system has booted, and changed what its firmware remembers, when the disk is full: what it wrote makes room for that.
    @Test func whatTheNewSystemWroteMakesRoomForTheOldVariables() async throws {
        let small = try SmallFileSystem(bytes: 100 << 20)
        let vm = try await updated(.overlay, in: small)
        let old = try #require(vm.text(vm.variables))
        try await vm.run(
            vm.update(2, guest: 1),
            configure: { $0.setGuest(InMemoryHypervisor.Guest(agentAnswers: false), of: SnapshotWorld.vm) },
            during: { point, _ in
                guard point.moment == .afterFailure else { return }
                try await vm.write(8, block: 1)
                try small.fill()
            })
        #expect(vm.outcome(2)?.state == .rolledBack, "\(String(describing: vm.outcome(2)))")
        #expect(vm.text(vm.variables) == old)
        #expect(try await vm.holds([7], in: vm.active()))
        #expect(try await vm.hypervisor().domains().map(\.state) == [.running])
    }

    private func points(_ making: CrashMatrixTests.Making) async throws -> [FaultPoint] {
        let world = try await World()
        let life = try await Life(world, profile: making.profile)
        try await life.receive(try world.clone())
        try await life.finish(World.jobID(1))
        return await life.points()
    }

    private func updatePoints(_ making: CrashMatrixTests.Making) async throws -> [FaultPoint] {
        let vm = try await SnapshotWorld(profile: making.profile)
        return try await vm.run(vm.update(2), profile: making.profile).points()
    }

    /// A VM whose guest has written something, in the place of which the new version has something else.
    private func updated(_ making: CrashMatrixTests.Making, in small: SmallFileSystem) async throws -> SnapshotWorld {
        let vm = try await SnapshotWorld(
            profile: making.profile, vmDirectory: small.file("vms"), imageData: Self.imageData)
        try await vm.write(7, block: 0)
        return vm
    }
}
