import FleetModel
import FoundationEssentials
import Glibc
import Subprocess

/// Looks at a foreign disk image: qemu-img under resource limits, and never on a file whose head could make it open
/// another file or the network.
struct ImageInspector: Sendable {
    struct Finding: Equatable, Sendable {
        let format: ImageReference.Format
        let virtualSizeBytes: UInt64
    }

    static let virtualSizes: ClosedRange<UInt64> = 1 << 20...64 << 40
    /// As much address space as qemu-img needs for the tables of a disk of the largest size, and no more.
    private static let limits = Subprocess.Limits(addressSpaceBytes: 4 << 30, cpuSeconds: 600)

    /// - Throws: a 422 `Problem` that says why the image cannot be a template.
    func inspect(_ path: String, sizeBytes: UInt64) async throws -> Finding {
        let head = try ImageHead(path: path)
        if let reason = head.refusal { throw Self.refuse(reason) }
        let information = try await information(path, as: head.isQCOW2 ? .qcow2 : nil)
        guard let format = ImageReference.Format(rawValue: information.format) else {
            throw Self.refuse(
                "qemu-img says it is \(information.format); convert it with 'qemu-img convert -O qcow2' first")
        }
        if information.encrypted == true { throw Self.refuse("it is encrypted, and no host has its key") }
        guard information.backingFile == nil, information.formatSpecific?.data?.dataFile == nil else {
            throw Self.refuse("it needs a second file; flatten it with 'qemu-img convert -O qcow2' first")
        }
        guard Self.virtualSizes.contains(information.virtualSize) else {
            throw Self.refuse(
                """
                its disk would have \(information.virtualSize) bytes; from \(Self.virtualSizes.lowerBound) to \
                \(Self.virtualSizes.upperBound) make sense
                """)
        }
        switch format {
        case .qcow2: try await check(path)
        case .raw:
            guard sizeBytes % 512 == 0 else {
                throw Self.refuse("a raw disk has whole sectors of 512 bytes, and this file has \(sizeBytes) bytes: cut off?")
            }
        }
        return Finding(format: format, virtualSizeBytes: information.virtualSize)
    }

    private func information(_ path: String, as format: ImageReference.Format?) async throws -> Information {
        let output = try await run(["info", "--output=json"] + (format.map { ["-f", $0.rawValue] } ?? []) + [path])
        guard output.status == 0 else { throw Self.refuse("qemu-img cannot read it: \(Self.reason(output, path))") }
        return try FleetJSON.decode(Information.self, from: Data(output.standardOutput))
    }

    /// Walks all tables, so that damage shows here and not on a hundred hosts.
    private func check(_ path: String) async throws {
        let output = try await run(["check", "-f", "qcow2", path])
        // 0: sound; 3: clusters that are allocated but unused, which harms nobody (qemu-img(1)).
        guard output.status != 0, output.status != 3 else { return }
        throw Self.refuse("it is damaged or cut off: \(Self.reason(output, path))")
    }

    private func run(_ arguments: [String]) async throws -> Subprocess.Output {
        do {
            return try await Subprocess.run(
                "qemu-img", arguments, environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C"], limits: Self.limits,
                timeout: .seconds(900), maximumOutputBytes: 4 << 20)
        } catch .timedOut, .outputTooLarge {
            throw Self.refuse("qemu-img does not come to an end with it")
        }
    }

    private static func reason(_ output: Subprocess.Output, _ path: String) -> String {
        let lines = (output.errorText + output.text).split(separator: "\n").prefix(3)
        let text = lines.joined(separator: "; ").replacing(path, with: "the image").replacing("qemu-img: ", with: "")
        return output.status > 128 ? "ended by signal \(output.status - 128); \(text)" : text
    }

    private static func refuse(_ reason: String) -> Problem {
        .unprocessable("bad-image", "the upload cannot be a template: \(reason)")
    }

    /// What `qemu-img info --output=json` says.
    private struct Information: Decodable {
        var format: String
        var virtualSize: UInt64
        var backingFile: String?
        var encrypted: Bool?
        var formatSpecific: Specific?

        struct Specific: Decodable {
            var data: Details?
        }
        struct Details: Decodable {
            var dataFile: String?
            enum CodingKeys: String, CodingKey { case dataFile = "data-file" }
        }
        enum CodingKeys: String, CodingKey {
            case format, encrypted
            case virtualSize = "virtual-size"
            case backingFile = "backing-filename"
            case formatSpecific = "format-specific"
        }
    }
}
