import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Placement
@testable import Provisioning
import Signing
import Subprocess
import Synchronization
import Testing

/// System disks that are whole copies of their image.
@Suite struct CopyTests {
    @Test func aCopyIsWholeAndNeedsItsImageNoMore() async throws {
        let world = try await World()
        try await run(world, try world.clone())
        #expect(world.last(of: World.jobID(1))?.state == .succeeded)
        let disk = disk(world)
        #expect(try await DiskLayer.chain(of: disk).map(\.format) == ["qcow2"])
        _ = try await Subprocess.run("qemu-img", ["compare", disk, world.basePath]).successful()
        #expect(try world.files(of: World.jobID(1)) == ["disk.qcow2", "variables.fd"])
    }

    @Test func aRawImageBecomesAQCow2Disk() async throws {
        let world = try await World()
        let bytes = [UInt8](repeating: 7, count: 3 << 20)
        let digest = SHA256Hasher.digest(of: bytes)
        let image = ImageReference(
            template: ResourceName("raw")!, version: ResourceName("1")!, digest: digest, format: .raw,
            sizeBytes: UInt64(bytes.count), virtualSizeBytes: UInt64(bytes.count))
        let file = world.directory.file("images/\(digest)")
        try Data(bytes).write(to: URL(filePath: file))
        let job = try world.job(
            1, .vmClone, CloneArguments(name: ResourceName("office")!, image: image, profile: World.profile))
        try await run(world, job)
        #expect(world.last(of: World.jobID(1))?.state == .succeeded)
        #expect(try await DiskLayer.chain(of: disk(world)).map(\.format) == ["qcow2"])
        _ = try await Subprocess.run("qemu-img", ["compare", "-f", "qcow2", "-F", "raw", disk(world), file])
            .successful()
    }

    @Test func aCrashAtEveryMomentEndsWithOneDisk() async throws {
        let undisturbed = try await World()
        let points = try await run(undisturbed, try undisturbed.clone()).filter { $0.step == "files" }
        #expect(points.count == 3)
        for point in points {
            let world = try await World()
            let life = try await Life(
                world, profile: profile,
                during: { passed, _ in
                    // What qemu-img had written when it died with the agent.
                    if passed == point, point.moment == .afterIntent {
                        try DurableFile.makeDirectory("\(world.vmDirectory)/\(World.jobID(1))", mode: 0o711)
                        try Data("half".utf8).write(to: URL(filePath: disk(world) + ".part"))
                    }
                }, crashAt: { $0 == point })
            try await life.receive(try world.clone())
            #expect(try await life.crashed(), "\(point)")
            try await Life(world, profile: profile).finish(World.jobID(1))
            #expect(world.last(of: World.jobID(1))?.state == .succeeded, "\(point)")
            #expect(try world.files(of: World.jobID(1)) == ["disk.qcow2", "variables.fd"], "\(point)")
            _ = try await Subprocess.run("qemu-img", ["compare", disk(world), world.basePath]).successful()
        }
    }

    @Test func whatHasNoRoomIsRefusedBeforeAnythingIsTouched() async throws {
        let small = try SmallFileSystem(bytes: 2 << 20)
        let world = try await World(vmDirectory: small.path)
        try small.fill(leaving: 128 << 10)
        var profile = profile
        profile.freeDiskMiB = 0
        let life = try await Life(world, profile: profile)
        try await life.receive(try world.clone())
        try await life.finish(World.jobID(1))
        #expect(world.last(of: World.jobID(1))?.state == .rejected)
        #expect(world.last(of: World.jobID(1))?.reason == "no-space")
        #expect(try world.files(of: World.jobID(1)) == nil)
    }

    @Test func anUpdateCopiesTheNewImage() async throws {
        let vm = try await SnapshotWorld(profile: profile)
        try await vm.run(vm.update(2), profile: profile)
        #expect(vm.outcome(2)?.state == .succeeded, "\(vm.outcome(2)?.message ?? "")")
        #expect(try await DiskLayer.chain(of: vm.layer(2)).map(\.filename) == [vm.layer(2)])
        #expect(try await vm.active() == vm.layer(2))
    }

    @Test func itTellsHowFarItIs() async throws {
        #expect(DiskCopy.percent(in: Array("    (0.00/100%)\r    (12.34/100%)\r".utf8)) == 12.34)
        #expect(DiskCopy.percent(in: []) == nil)
        let directory = try TemporaryDirectory()
        let source = directory.file("source.raw")
        try Data([UInt8](repeating: 1, count: 16 << 20)).write(to: URL(filePath: source))
        let seen = Mutex<[Double]>([])
        let work = StepWork(progress: { _, percent in seen.withLock { $0.append(percent) } })
        try await DiskCopy(source: source, format: "raw", target: directory.file("copy.qcow2"))
            .make(work, time: SystemTimeSource())
        let percents = seen.withLock { $0 }
        #expect(percents.last == 100)
        #expect(percents == percents.sorted())
    }

    @Test func aCancelledJobEndsWhatTakesLong() async throws {
        let work = StepWork(isCancelled: { true })
        await #expect(throws: JobProblem.cancelled) {
            try await work.whileWanted(time: SystemTimeSource()) { try await Task.sleep(for: .seconds(3600)) }
        }
    }

    private func disk(_ world: World) -> String { VMDirectory(path: "\(world.vmDirectory)/\(World.jobID(1))").disk }

    private var profile: Profile {
        var profile = Life.profile
        profile.systemDisk = .copy
        return profile
    }

    @discardableResult
    private func run(_ world: World, _ job: Job) async throws -> [FaultPoint] {
        let life = try await Life(world, profile: profile)
        try await life.receive(job)
        try await life.finish(job.id)
        return await life.points()
    }
}
