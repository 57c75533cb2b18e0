import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Placement
@testable import Provisioning
import Subprocess
import Testing

/// A VM with snapshots in a world, whose guest writes patterns to its disk.
struct SnapshotWorld {
    let world: World
    static let vm = World.vm()
    var directory: VMDirectory { VMDirectory(path: "\(world.vmDirectory)/\(World.jobID(1))") }
    var variables: String { directory.variables }
    var tpm: String { world.directory.file("hypervisor/swtpm/\(Self.vm)/tpm2/tpm2-00.permall") }

    /// Of little memory, so that there is room to keep it.
    static var profile: Profile {
        var profile = Life.profile
        profile.memoryMiB = 256
        return profile
    }

    /// Job 1 made the VM.
    init(
        running: Bool = true, dataDisk: Bool = false, profile: Profile = Self.profile,
        vmDirectory: String? = nil, imageData: Int = 0, below parent: String = "/dev/shm",
        time: any TimeSource = SystemTimeSource()
    ) async throws {
        world = try await World(time: time, vmDirectory: vmDirectory, imageData: imageData, below: parent)
        var profile = profile
        if dataDisk { profile.dataDiskGiB = 1 }
        try await run(try world.clone(start: running), profile: profile)
    }

    @discardableResult
    func run(
        _ job: Job, profile: Profile = Life.profile, configure: (InMemoryHypervisor) -> Void = { _ in },
        during: @escaping @Sendable (FaultPoint, InMemoryHypervisor) async throws -> Void = { _, _ in }
    ) async throws -> Life {
        let life = try await Life(world, profile: profile, configure: configure, during: during)
        try await life.receive(job)
        try await life.finish(job.id)
        return life
    }

    func snapshot(_ number: Int, _ name: String, policy: String? = nil, memory: Bool? = nil) throws -> Job {
        try world.job(
            number, .snapshotCreate,
            SnapshotCreateArguments(
                vm: Self.vm, name: ResourceName(name)!, policy: policy.map { ResourceName($0)! }, memory: memory))
    }

    func revert(_ number: Int, to snapshot: Int, start: Bool = true, memory: Bool? = nil) throws -> Job {
        try world.job(
            number, .snapshotRevert,
            SnapshotRevertArguments(vm: Self.vm, snapshot: World.jobID(snapshot), start: start, memory: memory))
    }

    func deletion(_ number: Int, of snapshot: Int) throws -> Job {
        try world.job(
            number, .snapshotDelete, SnapshotArguments(vm: Self.vm, snapshot: World.jobID(snapshot)))
    }

    func flattening(_ number: Int) throws -> Job {
        try world.job(number, .snapshotFlatten, VMArguments(vm: Self.vm))
    }

    /// Somebody makes the data disk a block device of the host, or has snapshots leave it out.
    func changeDataDisk(toBlockDevice: Bool = false, leaveOut: Bool = true) async throws {
        let hypervisor = try hypervisor()
        let definition = try await DomainEdit().applied(to: hypervisor.definition(of: Self.vm))
        let parts = definition.split(separator: "<disk ").map { part in
            guard part.contains("\"sdb\"") else { return String(part) }
            let disk = leaveOut ? "snapshot=\"no\" \(part)" : String(part)
            return toBlockDevice
                ? disk.replacing("type=\"file\"", with: "type=\"block\"")
                    .replacing("file=\"\(directory.data)\"", with: "dev=\"/dev/sdz\"") : disk
        }
        _ = try await hypervisor.define(parts.joined(separator: "<disk "))
    }

    /// The files of a disk, from the one that the guest writes to down to the base.
    func chain(_ target: String = "sda") async throws -> [String] {
        try await DiskLayer.chain(of: active(target)).map(\.filename)
    }

    /// To the template's next version, without waiting for the guest unless a limit is given.
    func update(_ number: Int, start: Bool = true, shutdown: Int = 60, guest: Int? = nil) throws -> Job {
        try world.job(
            number, .vmUpdate,
            UpdateArguments(
                vm: Self.vm, image: world.nextImage, snapshot: ResourceName("before-2")!,
                shutdownTimeoutSeconds: shutdown, start: start, guestAgentTimeoutSeconds: guest))
    }

    func hypervisor() throws -> InMemoryHypervisor {
        try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
    }

    /// The file that the guest writes to.
    func active(_ target: String = "sda") async throws -> String {
        let disks = try DomainDefinition(xml: await hypervisor().definition(of: Self.vm)).disks
        return try #require(disks.first { $0.target == target }?.file)
    }

    func layer(_ job: Int) -> String { directory.layer(of: "sda", madeBy: World.jobID(job)) }

    /// The guest fills the 64 KiB block of this number with the byte, and its variables and its TPM change.
    func write(_ byte: UInt8, block: Int, to target: String = "sda") async throws {
        try await qemuIO(try await active(target), "write -P \(byte) \(block * 65536) 65536")
        for file in [variables, tpm] where DurableFile.exists(file) {
            try Data("changed by \(byte)".utf8).write(to: URL(filePath: file))
        }
    }

    /// Whether the disk as this layer shows it has these bytes in its first blocks.
    func holds(_ bytes: [UInt8], in file: String) async throws -> Bool {
        let commands = bytes.enumerated().flatMap { ["-c", "read -P \($1) \($0 * 65536) 65536"] }
        let output = try await Subprocess.run("qemu-io", ["-r", "-U"] + commands + [file])
        if output.text.contains("verification failed") { return false }
        _ = try output.successful()
        return true
    }

    private func qemuIO(_ file: String, _ command: String) async throws {
        _ = try await Subprocess.run("qemu-io", ["-c", command, file]).successful()
    }

    func text(_ file: String) -> String? {
        (try? DurableFile.bytes(of: file)).map { String(decoding: $0, as: UTF8.self) }
    }

    func snapshots() async throws -> [VMSnapshot] { try await catalogue().own }

    func unkeptBytes() async throws -> UInt64? { try await catalogue().unkeptBytes }

    private func catalogue() async throws -> SnapshotCatalogue.Snapshots {
        let hypervisor = try hypervisor()
        let life = try await Life(world)
        defer { withExtendedLifetime(life) {} }
        let snapshots = try await SnapshotCatalogue(life.host).snapshots(of: hypervisor.domain(Self.vm))
        try await life.stop()
        return try #require(snapshots)
    }

    /// The last report of the job.
    func outcome(_ number: Int) -> JobReport? { world.last(of: World.jobID(number)) }
}
