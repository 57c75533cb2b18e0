import FoundationEssentials
import Glibc

/// A file system of a few megabytes that a test can fill up; unmounted and removed when the value goes.
/// Works inside `tools/isolated` only, where mounts are private.
public final class SmallFileSystem: Sendable {
    public let path: String
    private let directory: TemporaryDirectory

    /// - Parameters:
    ///   - bytes: rounded up to whole pages.
    ///   - name: of the mount point in the directory; made when it is not there.
    ///   - directory: one of its own unless given.
    public init(bytes: Int, at name: String = "small", of directory: TemporaryDirectory? = nil) throws {
        try Isolation.require()
        self.directory = try directory ?? TemporaryDirectory()
        path = self.directory.file(name)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("virtfleet-small", path, "tmpfs", 0, "size=\(bytes)") == 0 else {
            throw Problem("mount a tmpfs on \(path)", code: errno)
        }
    }

    deinit { umount2(path, Int32(MNT_DETACH)) }

    public func file(_ name: String) -> String { path + "/" + name }

    /// From now on nothing can be written there, not even by root.
    public func makeReadOnly() throws {
        guard mount("virtfleet-small", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0 else {
            throw Problem("make \(path) read-only", code: errno)
        }
    }

    /// Takes all space but about so many bytes.
    public func fill(leaving bytes: Int = 0) throws {
        let descriptor = open(file("filler"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0xFF, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
        guard errno == ENOSPC else { throw Problem("fill \(path)", code: errno) }
        guard ftruncate(descriptor, max(0, lseek(descriptor, 0, SEEK_END) - bytes)) == 0 else {
            throw Problem("leave \(bytes) bytes of \(path)", code: errno)
        }
    }

    /// Gives back what `fill` took.
    public func drain() throws { try FileManager.default.removeItem(atPath: file("filler")) }

    public struct Problem: Error, CustomStringConvertible {
        public let description: String

        fileprivate init(_ operation: String, code: Int32) {
            description = "cannot \(operation): \(String(cString: strerror(code)))"
        }
    }
}
