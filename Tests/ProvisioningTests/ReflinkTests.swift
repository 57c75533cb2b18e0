import FleetModel
import FleetRuntime
import FleetTestSupport
import Placement
@testable import Provisioning
import Subprocess
import Testing

/// System disks that share their image's blocks, on a file system that can do that.
@Suite struct ReflinkTests {
    @Test func aCloneSharesItsImagesBlocksAndHasNothingBelow() async throws {
        let xfs = try await ReflinkFileSystem()
        let world = try await World(below: xfs.path)
        try await run(world, try world.clone())
        #expect(world.last(of: World.jobID(1))?.state == .succeeded)
        let disk = VMDirectory(path: "\(world.vmDirectory)/\(World.jobID(1))").disk
        #expect(try await DiskLayer.chain(of: disk).count == 1)
        #expect(try DurableFile.bytes(of: disk) == DurableFile.bytes(of: world.basePath))
        #expect(try await Subprocess.run("filefrag", ["-v", disk]).successful().text.contains("shared"))

        let deletion = try world.job(2, .vmDelete, VMArguments(vm: World.vm()))
        try await run(world, deletion)
        #expect(try world.files(of: World.jobID(1)) == nil && DurableFile.exists(world.basePath))
    }

    @Test func aProfileMayAskForAnOverlay() async throws {
        let xfs = try await ReflinkFileSystem()
        let world = try await World(below: xfs.path)
        try await run(world, try world.clone(), as: .overlay)
        let disk = VMDirectory(path: "\(world.vmDirectory)/\(World.jobID(1))").disk
        #expect(try await DiskLayer.chain(of: disk).map(\.filename) == [disk, world.basePath])
    }

    @Test func whatTheFileSystemCannotIsSaidBeforeAnythingIsTouched() async throws {
        let world = try await World()
        try await run(world, try world.clone(), as: .reflink)
        #expect(world.last(of: World.jobID(1))?.state == .failed)
        #expect(world.last(of: World.jobID(1))?.reason == "no-reflink")
        #expect(world.last(of: World.jobID(1))?.message?.contains("btrfs or XFS") == true)
        #expect(try world.files(of: World.jobID(1)) == nil)
    }

    @Test func aCrashAtEveryMomentOfAReflinkEndsWithOneDisk() async throws {
        let xfs = try await ReflinkFileSystem()
        let undisturbed = try await World(below: xfs.path)
        let points = try await run(undisturbed, try undisturbed.clone()).filter { $0.step == "files" }
        #expect(points.count == 3)
        for point in points {
            let world = try await World(below: xfs.path)
            let life = try await Life(world, crashAt: { $0 == point })
            try await life.receive(try world.clone())
            #expect(try await life.crashed(), "\(point)")
            try await Life(world).finish(World.jobID(1))
            #expect(world.last(of: World.jobID(1))?.state == .succeeded, "\(point)")
            #expect(try world.files(of: World.jobID(1)) == ["disk.qcow2", "variables.fd"], "\(point)")
        }
    }

    @Test func anUpdateMakesAReflinkOfTheNewImage() async throws {
        let xfs = try await ReflinkFileSystem()
        let vm = try await SnapshotWorld(dataDisk: true, below: xfs.path)
        try await vm.write(1, block: 0)
        try await vm.write(7, block: 0, to: "sdb")
        try await vm.run(vm.update(2))
        #expect(vm.outcome(2)?.state == .succeeded, "\(vm.outcome(2)?.message ?? "")")
        #expect(try await DiskLayer.chain(of: vm.layer(2)).map(\.filename) == [vm.layer(2)])
        #expect(try await vm.holds([0], in: vm.active()))
        #expect(try await vm.holds([7], in: vm.active("sdb")))
        try await vm.run(vm.revert(3, to: 2))
        #expect(vm.outcome(3)?.state == .succeeded, "\(vm.outcome(3)?.message ?? "")")
        #expect(try await vm.holds([1], in: vm.active()))
    }

    @discardableResult
    private func run(_ world: World, _ job: Job, as kind: SystemDisk = .auto) async throws -> [FaultPoint] {
        var profile = Life.profile
        profile.systemDisk = kind
        let life = try await Life(world, profile: profile)
        try await life.receive(job)
        try await life.finish(job.id)
        return await life.points()
    }
}
