import FleetModel
import FoundationEssentials
import Hypervisor
import Subprocess

/// A guest that runs, for tests that ask nothing of how it came to: booted once for all of them, saved with its memory,
/// and restored for each on copies of its files. It has the test's guest image as the backing file of `sda`, a small raw
/// disk `sdb` that pauses it when it cannot be written, a TPM, and a watchdog that is not yet running.
public struct SavedGuest: Sendable {
    public static let name = "saved"
    /// libvirt's name of the small disk.
    public static let smallDiskAlias = "ua-small"
    public static let smallDiskBytes = 16 << 20
    private static let id = VMID("5a7ed000-0000-4000-8000-000000000001")!
    private static let boot = Task { try await Snapshot() }

    private let uri: String
    private let files: TemporaryDirectory

    /// Restores it.
    /// - Parameters:
    ///   - libvirt: one that has no such guest.
    ///   - smallDisk: where the small disk's file shall be.
    public init(in libvirt: PrivateLibvirt, smallDisk: String? = nil) async throws {
        let saved = try await Self.boot.value
        files = try TemporaryDirectory()
        uri = libvirt.uri
        let smallDisk = smallDisk ?? files.file("small.raw")
        for file in ["system.qcow2", "\(Self.name)_VARS.fd"] {
            try FileManager.default.copyItem(atPath: saved.files.file(file), toPath: files.file(file))
        }
        try await Self.makeSmallDisk(smallDisk)
        let definition = saved.definition.replacing(saved.files.file("small.raw"), with: smallDisk)
            .replacing(saved.files.path, with: files.path)
        try Data(definition.utf8).write(to: URL(filePath: files.file("domain.xml")))
        try await virsh("define", files.file("domain.xml"))
        try await virsh("restore", saved.files.file("memory"), "--xml", files.file("domain.xml"))
    }

    public func virsh(_ arguments: String...) async throws { try await Self.virsh(uri, arguments) }

    public var shell: GuestShell { GuestShell(uri: uri, name: Self.name) }

    @discardableResult
    private static func virsh(_ uri: String, _ arguments: [String]) async throws -> String {
        try await Subprocess.run("virsh", ["-c", uri] + arguments).successful().text
    }

    private static func makeSmallDisk(_ path: String) async throws {
        _ = try await Subprocess.run("truncate", ["--size", "\(smallDiskBytes)", path]).successful()
    }

    /// The guest as it was when it had booted.
    private struct Snapshot: Sendable {
        /// In the home, which ends with the isolation: nobody outlives the last test to remove it.
        let files: TemporaryDirectory
        let definition: String

        init() async throws {
            try Isolation.require()
            files = try TemporaryDirectory(below: ProcessInfo.processInfo.environment["HOME"] ?? "/tmp")
            let libvirt = try PrivateLibvirt()
            try await libvirt.start()
            try GuestImage.require()
            _ = try await Subprocess.run(
                "qemu-img",
                ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", GuestImage.path, files.file("system.qcow2")]
            ).successful()
            try await makeSmallDisk(files.file("small.raw"))
            try Data(Self.xml(files).utf8).write(to: URL(filePath: files.file("domain.xml")))
            try await virsh(libvirt.uri, ["define", files.file("domain.xml")])
            try await virsh(libvirt.uri, ["start", name])
            let answers = try await eventually(within: .seconds(150)) {
                let ping = ["-c", libvirt.uri, "qemu-agent-command", name, #"{"execute":"guest-ping"}"#]
                return try await Subprocess.run("virsh", ping).status == 0
            }
            guard answers else { throw PrivateLibvirt.Failure(description: "the guest agent did not answer") }
            try await virsh(libvirt.uri, ["save", name, files.file("memory")])
            definition = try await virsh(libvirt.uri, ["save-image-dumpxml", files.file("memory")])
            await libvirt.stop()
        }

        private static func xml(_ files: TemporaryDirectory) -> String {
            let specification = DomainSpecification(
                name: name, id: id, memoryBytes: 256 << 20, vcpus: 1, genID: UUID(), accelerator: .tcg,
                firmware: DomainSpecification.Firmware(
                    loaderPath: "/usr/share/OVMF/OVMF_CODE_4M.fd", nvramPath: files.file("\(name)_VARS.fd"),
                    nvramTemplatePath: "/usr/share/OVMF/OVMF_VARS_4M.fd", secureBoot: false),
                tpm: true, disks: [.init(path: files.file("system.qcow2"), format: .qcow2)],
                networks: [.init(mac: MACAddress("52:54:00:5a:7e:d0")!, kind: .user)],
                origin: VMDocument.Origin(
                    job: JobID("01JD4Q2V7ZC8M3E0S5RKXW9TPA")!, template: Digest(String(repeating: "ab", count: 32))!,
                    profile: "none"))
            let more = """
                <disk type='file' device='disk'>
                  <driver name='qemu' type='raw' error_policy='stop'/>
                  <source file='\(files.file("small.raw"))'/>
                  <target dev='sdb' bus='scsi'/>
                  <alias name='\(smallDiskAlias)'/>
                </disk>
                <watchdog model='i6300esb' action='none'/>
                """
            return specification.xml().replacing("</devices>", with: more + "</devices>")
        }
    }
}
