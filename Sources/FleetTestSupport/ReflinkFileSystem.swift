import FoundationEssentials
import Glibc
import Subprocess

/// An XFS in a file, which can make reflinks, for one test. It needs root and a loop device.
public final class ReflinkFileSystem: Sendable {
    public let path: String
    private let directory: TemporaryDirectory

    /// - Parameter bytes: sparse; XFS wants 300 MiB at least.
    public init(bytes: Int = 512 << 20) async throws {
        try Isolation.requireRoot(for: "mounting a file system")
        directory = try TemporaryDirectory()
        path = directory.file("xfs")
        let image = directory.file("xfs.img")
        guard FileManager.default.createFile(atPath: image, contents: nil), truncate(image, bytes) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        _ = try await Subprocess.run("mkfs.xfs", ["-q", "-m", "reflink=1", image]).successful()
        _ = try await Subprocess.run("mount", ["-o", "loop", image, path]).successful()
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    public func file(_ name: String) -> String { path + "/" + name }
}
