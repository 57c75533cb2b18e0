import FleetRuntime
import FoundationEssentials
import Hypervisor
import Subprocess

/// A file of a disk, as `qemu-img info --output=json` tells of it.
struct DiskLayer: Decodable, Equatable, Sendable {
    var filename: String
    var format: String
    /// The file below it.
    var backing: String?

    private enum CodingKeys: String, CodingKey {
        case filename, format
        case backing = "full-backing-filename"
    }

    /// At most so many files may lie over each other below a snapshot: libvirt and QEMU get slow, and some versions do
    /// not start a VM with more than 25.
    static let longestChain = 16

    /// What qemu-img may take to look at all layers of a disk. Each of its threads, one a file or more, reserves some
    /// 70 MiB of addresses, and there are more of them on a busy machine.
    static let limits = Subprocess.Limits(addressSpaceBytes: 8 << 30, cpuSeconds: 60)

    /// The layers of a disk, from this file down to the base; works beside a running QEMU.
    /// - Throws: `JobProblem` when a file is missing or is no image.
    static func chain(of file: String) async throws -> [DiskLayer] {
        let output = try await Subprocess.run(
            "qemu-img", ["info", "-U", "--backing-chain", "--output=json", file],
            limits: limits)
        guard output.status == 0 else {
            throw JobProblem(
                "disk-unreadable",
                "disk \(file), or a file that it is built on, cannot be read: \(output.errorText); "
                    + "if a file is missing, bring it back")
        }
        return try JSONDecoder().decode([DiskLayer].self, from: Data(output.standardOutput))
    }

    /// What a file would take if all that it shows were in it; works beside a running QEMU.
    static func standaloneBytes(of file: String) async throws -> UInt64 {
        struct Measurement: Decodable {
            var required: UInt64
        }
        let output = try await Subprocess.run(
            "qemu-img", ["measure", "-U", "-O", "qcow2", "--output=json", file], limits: limits,
            timeout: .seconds(600)
        ).successful()
        return try JSONDecoder().decode(Measurement.self, from: Data(output.standardOutput)).required
    }

    /// Has qemu-img change a file, which may take as long as copying a disk does.
    static func change(_ command: String, _ arguments: String...) async throws {
        _ = try await Subprocess.run("qemu-img", [command, "-q"] + arguments, timeout: .seconds(24 * 3600)).successful()
    }
}

extension JobHost {
    /// All layers of all disks in files that a VM's definitions name.
    /// - Throws: `JobProblem` when one that is there cannot be read: nobody knows then what it is built on.
    func layers(of definitions: [String]) async throws -> [DiskLayer] {
        let files = try Set(definitions.flatMap { try DomainDefinition(xml: $0).disks.compactMap(\.file) })
        var layers: [DiskLayer] = []
        for file in files.sorted() where DurableFile.exists(file) {
            layers += try await DiskLayer.chain(of: file)
        }
        return layers
    }
}
