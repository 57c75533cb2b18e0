import FoundationEssentials
import Glibc

/// A file system of a few megabytes that a test can fill up; unmounted and removed when the value goes.
/// Works inside `tools/isolated` only, where mounts are private.
public final class SmallFileSystem: Sendable {
    public let path: String
    private let directory: TemporaryDirectory

    /// - Parameter bytes: rounded up to whole pages.
    public init(bytes: Int) throws {
        guard getenv("VIRTFLEET_ISOLATED") != nil else { throw Problem.notIsolated }
        directory = try TemporaryDirectory()
        path = directory.file("small")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        guard mount("virtfleet-small", path, "tmpfs", 0, "size=\(bytes)") == 0 else {
            throw Problem.system("mount a tmpfs on \(path)", errno)
        }
    }

    deinit { umount2(path, Int32(MNT_DETACH.rawValue)) }

    public func file(_ name: String) -> String { path + "/" + name }

    /// Takes all space but about so many bytes.
    public func fill(leaving bytes: Int = 0) throws {
        var status = statfs()
        guard statfs(path, &status) == 0 else { throw Problem.system("look at \(path)", errno) }
        let count = Int(status.f_bavail) * Int(status.f_bsize) - bytes
        guard count > 0 else { return }
        let descriptor = open(file("filler"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0xFF, count: count)
        guard write(descriptor, block, count) == count else { throw Problem.system("fill \(path)", errno) }
    }

    /// Gives back what `fill` took.
    public func drain() throws { try FileManager.default.removeItem(atPath: file("filler")) }

    public enum Problem: Error, CustomStringConvertible {
        case notIsolated
        case system(String, Int32)

        public var description: String {
            switch self {
            case .notIsolated: "mounting is for tests inside tools/isolated"
            case .system(let operation, let code): "cannot \(operation): \(String(cString: strerror(code)))"
            }
        }
    }
}
