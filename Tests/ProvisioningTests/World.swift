import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import HTTPClient
import Hypervisor
import ImageStore
@testable import Provisioning
import Signing
import Subprocess
import Synchronization

/// All that outlives an agent: disk, hypervisor, controller. Real files, real qemu-img, no guests.
final class World: Sendable {
    static let fleet = FleetName("test")!
    static let hostID = HostID("1b4e28ba-2fa1-41d2-883f-0016d3cca427")!
    static let profile = ResourceName("small")!

    let directory: TemporaryDirectory
    let key: SigningKey
    let image: ImageReference
    /// The template's next version.
    let nextImage: ImageReference
    let time: any TimeSource
    let vmDirectory: String
    let journalPath: String
    /// What the controller has got.
    let reports = Mutex<[JobReport]>([])
    let deferrals = Mutex<[JobDeferral]>([])
    let refusals = Mutex<[HostEvent]>([])
    private let revision = Mutex<UInt64>(0)

    init(
        time: any TimeSource = SystemTimeSource(), imageIsThere: Bool = true, vmDirectory: String? = nil,
        journalDirectory: String? = nil, imageData: Int = 0, below parent: String = "/dev/shm"
    ) async throws {
        directory = try TemporaryDirectory(below: parent)
        self.vmDirectory = vmDirectory ?? directory.file("vms")
        journalPath = (journalDirectory ?? directory.path) + "/journal.sqlite"
        self.time = time
        key = try SigningKey.generate()
        image = try await Self.makeImage("1", 8, filled: imageData, directory)
        nextImage = try await Self.makeImage("2", 9, filled: imageData, directory)
        if imageIsThere {
            try DurableFile.makeDirectory(directory.file("images"), mode: 0o755)
            for image in [image, nextImage] {
                try DurableFile.copy(
                    directory.file("\(image.version).qcow2"), to: directory.file("images/\(image.digest)"), mode: 0o444)
            }
        }
        for name in ["OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd"] {
            try DurableFile.makeDirectory(directory.file("root/usr/share/OVMF"), mode: 0o755)
            try Data(name.utf8).write(to: URL(filePath: directory.file("root/usr/share/OVMF/\(name)")))
        }
    }

    /// - Parameter filled: bytes at its begin, each with the number of its mebibytes.
    private static func makeImage(
        _ version: String, _ mebibytes: Int, filled: Int, _ directory: TemporaryDirectory
    ) async throws -> ImageReference {
        let path = directory.file("\(version).qcow2")
        _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "qcow2", path, "\(mebibytes)M"]).successful()
        if filled > 0 {
            _ = try await Subprocess.run("qemu-io", ["-c", "write -P \(mebibytes) 0 \(filled)", path]).successful()
        }
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        return ImageReference(
            template: ResourceName("windows")!, version: ResourceName(version)!,
            digest: SHA256Hasher.digest(of: bytes), format: .qcow2, sizeBytes: UInt64(bytes.count),
            virtualSizeBytes: UInt64(mebibytes) << 20)
    }

    var exportDirectory: String { directory.file("exports") }

    var basePath: String { directory.file("images/\(image.digest)") }

    /// Without the mark of a TPM, which an agent that dies may set at the next start only.
    func files(of job: JobID) throws -> [String]? {
        let directory = VMDirectory(path: "\(vmDirectory)/\(job)")
        guard DurableFile.exists(directory.path) else { return nil }
        return try DurableFile.entries(of: directory.path).filter { "\(directory.path)/\($0)" != directory.tpmMark }
    }

    /// The controller signs its newest set.
    func envelope(_ jobs: [Job], issuedAt: Date? = nil, expiresIn: Double = 3600) throws -> [UInt8] {
        let revision = revision.withLock { revision in
            revision += 1
            return revision
        }
        let set = JobSet(
            fleet: Self.fleet, host: Self.hostID, revision: revision, issuedAt: issuedAt ?? time.now(),
            expiresAt: (issuedAt ?? time.now()) + expiresIn, jobs: jobs)
        return try Envelope(signing: [UInt8](try FleetJSON.encode(set)), type: JobSet.payloadType, with: [key]).json()
    }

    func states(of job: JobID) -> [JobState] {
        reports.withLock { $0.filter { $0.job == job }.map(\.state) }
    }

    func last(of job: JobID) -> JobReport? { reports.withLock { $0.last { $0.job == job } } }

    func ended(_ job: JobID) -> Bool { last(of: job)?.state.isTerminal == true }

    // Jobs

    static func jobID(_ number: Int) -> JobID {
        JobID("01ARZ3NDEKTSV4RRFFQ69G5F" + (number < 10 ? "0\(number)" : "\(number)"))!
    }

    func job(_ number: Int, _ kind: JobKindName, _ arguments: some Encodable, expiresIn: Double = 3600) throws -> Job {
        Job(
            id: Self.jobID(number), kind: kind.rawValue, arguments: try FleetJSON.value(arguments),
            expiresAt: time.now() + expiresIn)
    }

    func clone(_ number: Int = 1, name: String = "office", start: Bool = true) throws -> Job {
        try job(
            number, .vmClone,
            CloneArguments(name: ResourceName(name)!, image: image, profile: Self.profile, start: start))
    }

    static func vm(_ number: Int = 1) -> VMID { CloneIdentity(job: jobID(number)).vm }
}
