import FoundationEssentials
import Glibc
import Subprocess

/// A block device that is a file, with a name below /dev/disk/by-id, for one test. It needs root.
public final class LoopDevice: Sendable {
    public let path: String
    private let device: String
    private let directory: TemporaryDirectory

    /// The file behind it.
    public var file: String { directory.file("disk") }

    public init(bytes: Int, named name: String) async throws {
        try Isolation.requireRoot(for: "a block device")
        directory = try TemporaryDirectory()
        path = "/dev/disk/by-id/\(name)"
        let file = directory.file("disk")
        guard FileManager.default.createFile(atPath: file, contents: nil), truncate(file, bytes) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
        device = try await Subprocess.run("losetup", ["--find", "--show", file]).successful().text
            .filter { !$0.isWhitespace }
        try FileManager.default.createDirectory(atPath: "/dev/disk/by-id", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: device)
    }

    /// Nobody has it for himself.
    public var isFree: Bool {
        let descriptor = open(device, O_RDONLY | O_EXCL | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
    }

    deinit {
        unlink(path)
        let descriptor = open(device, O_RDONLY | O_CLOEXEC)
        // LOOP_CLR_FD (linux/loop.h)
        _ = ioctl(descriptor, 0x4C01, 0)
        close(descriptor)
    }
}
