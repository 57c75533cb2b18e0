import COpenAt2
import FleetRuntime
import Glibc

/// The file tree of the machine under inspection: `/`, or a copy of another machine's. Every path below it is
/// absolute, such as `/proc/cpuinfo`, and is resolved inside the tree: no symbolic link and no `..` leads out of it
/// (openat2(2), RESOLVE_IN_ROOT). What cannot be read is absent, never an error; so are a copy's device nodes.
public struct HostRoot: Sendable {
    /// The running machine, not a copy: only of this one can the kernel be asked beyond its files.
    public let isLive: Bool
    /// As it was given.
    let path: String
    private let top: Directory

    public init(_ path: String = "/") {
        isLive = path == "/"
        self.path = path
        top = Directory(path)
    }

    private static let attempts = 1000

    /// Whether the tree itself could be opened.
    public var isReadable: Bool { top.descriptor >= 0 }

    private final class Directory: Sendable {
        let descriptor: Int32

        init(_ path: String) { descriptor = open(path, vf_path_only | O_DIRECTORY | O_CLOEXEC) }

        deinit { if descriptor >= 0 { close(descriptor) } }
    }

    /// Runs `body` with a descriptor of the file; nil when it cannot be opened.
    func withFile<Result>(_ path: String, _ flags: Int32, _ body: (Int32) -> Result?) -> Result? {
        withDescriptor(path, flags) { descriptor in
            // A device node in a copy would speak for the machine that holds the copy.
            isLive || isFileOrDirectory(descriptor) ? body(descriptor) : nil
        }
    }

    /// A device node, a FIFO or a socket is there: opened without care, it could speak for another machine, or wait.
    func isSpecial(_ path: String) -> Bool {
        withDescriptor(path, vf_path_only) { !isFileOrDirectory($0) } ?? false
    }

    private func withDescriptor<Result>(_ path: String, _ flags: Int32, _ body: (Int32) -> Result?) -> Result? {
        var descriptor: Int32 = -1
        // Each renaming or mounting anywhere on the machine makes the kernel unsure about `..`, and it says EAGAIN.
        for _ in 0..<Self.attempts {
            descriptor = vf_openat2(top.descriptor, path, UInt64(flags), vf_resolve_in_root)
            if descriptor >= 0 || errno != EAGAIN { break }
        }
        // Before Linux 5.6. A copy of a tree is not read without the kernel's help.
        if descriptor < 0, errno == ENOSYS, isLive { descriptor = open(path, flags | O_CLOEXEC) }
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return body(descriptor)
    }

    private func isFileOrDirectory(_ descriptor: Int32) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return [S_IFREG, S_IFDIR, S_IFLNK].contains(status.st_mode & S_IFMT)
    }
}
