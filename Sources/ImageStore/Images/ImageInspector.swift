import FleetModel
import FleetRuntime
import FoundationEssentials
import Subprocess

/// Looks at images of foreign origin. The header decides first, because qemu-img would open the files that a
/// hostile one names; then qemu-img, under limits on memory, processor time and output.
public struct ImageInspector: Sendable {
    public struct Information: Equatable, Sendable {
        public var format: ImageReference.Format
        /// Size of the disk as a guest sees it.
        public var virtualSizeBytes: UInt64
        public init(format: ImageReference.Format, virtualSizeBytes: UInt64) {
            self.format = format
            self.virtualSizeBytes = virtualSizeBytes
        }
    }

    private static let limits = Subprocess.Limits(addressSpaceBytes: 4 << 30, cpuSeconds: 300)
    private static let timeout = Duration.seconds(900)
    private static let maximumOutputBytes = 1 << 20

    private let qemuImg: String
    private let files: BlockingWork

    /// - Parameter qemuImg: the program's name or path.
    public init(qemuImg: String = "qemu-img") {
        self.qemuImg = qemuImg
        files = BlockingWork(name: "image-inspect")
    }

    /// What the image is.
    /// - Parameter format: what it must be; nil to tell qcow2 by its header and take everything else for raw.
    /// - Throws: `unusable` for an image that is damaged or needs another file.
    public func inspect(_ path: String, as format: ImageReference.Format? = nil) async throws(ImageError) -> Information
    {
        let header = try await files.run { () throws(ImageError) in try QCow2Header(file: path) }
        switch format ?? (header == nil ? .raw : .qcow2) {
        case .qcow2:
            guard let header else { throw ImageError(.unusable, "\(path) is not a qcow2 image") }
            return try await inspectQCow2(path, header)
        case .raw:
            return try inspectRaw(path)
        }
    }

    private func inspectQCow2(_ path: String, _ header: QCow2Header) async throws(ImageError) -> Information {
        if header.hasBackingFile {
            throw ImageError(
                .unusable,
                "\(path) has a backing file; flatten it first: qemu-img convert -O qcow2 \(path) flat.qcow2")
        }
        if header.hasDataFile {
            throw ImageError(
                .unusable,
                "\(path) keeps its data in an external file; join them: qemu-img convert -O qcow2 \(path) whole.qcow2")
        }
        if header.isEncrypted { throw ImageError(.unusable, "\(path) is encrypted") }
        let report = try await qemuImg("info", path)
        guard let information = try? FleetJSON.decode(InfoOutput.self, from: Data(report.standardOutput)) else {
            throw ImageError(.unusable, "qemu-img said nothing readable of \(path)")
        }
        // 3 means clusters that nothing refers to: a waste, not damage.
        let check = try await qemuImg("check", path)
        guard check.status == 0 || check.status == 3 else {
            throw ImageError(.unusable, "\(path) is damaged: \(Self.lastLines(check.errorText))")
        }
        return Information(format: .qcow2, virtualSizeBytes: information.virtualSize)
    }

    private func inspectRaw(_ path: String) throws(ImageError) -> Information {
        guard let size = DurableFile.size(path) else { throw ImageError(.system, "\(path) is missing") }
        guard size > 0, size.isMultiple(of: 512) else {
            throw ImageError(
                .unusable, "\(path) is no raw disk image: its \(size) bytes are not a multiple of 512; was it cut off?")
        }
        return Information(format: .raw, virtualSizeBytes: size)
    }

    private func qemuImg(_ command: String, _ path: String) async throws(ImageError) -> Subprocess.Output {
        do throws(SubprocessError) {
            let output = try await Subprocess.run(
                qemuImg, [command, "-f", "qcow2", "--output=json", path], limits: Self.limits, timeout: Self.timeout,
                maximumOutputBytes: Self.maximumOutputBytes)
            return command == "info" ? try output.successful() : output
        } catch {
            throw ImageError(error)
        }
    }

    private static func lastLines(_ text: String) -> String {
        text.split(separator: "\n").suffix(3).joined(separator: "; ")
    }

    private struct InfoOutput: Decodable {
        let virtualSize: UInt64
        enum CodingKeys: String, CodingKey { case virtualSize = "virtual-size" }
    }
}
