import FleetModel
import FleetRuntime
import Glibc

/// Reads a file once to know its size and SHA-256; on a thread of its own, because reading blocks.
public actor FileDigest {
    private let executor = ThreadExecutor(name: "vf-digest")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    public init() {}

    /// - Parameter progress: bytes read so far; called after each MiB.
    /// - Throws: `FileError`, with EINVAL for what is no regular file; `CancellationError`.
    public func compute(_ path: String, progress: @Sendable (UInt64) -> Void = { _ in }) throws -> FileReference {
        // A pipe would be waited for.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("look at", path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw FileError("read", path, code: EINVAL) }
        let hasher = SHA256Hasher()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var total: UInt64 = 0
        while true {
            try Task.checkCancellation()
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError("read", path) }
            if count == 0 { return FileReference(digest: hasher.digest(), sizeBytes: total) }
            buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
            total += UInt64(count)
            progress(total)
        }
    }
}
