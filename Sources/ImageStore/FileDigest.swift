import FleetModel
import FleetRuntime
import Glibc
import Signing

/// Reads a file once to know its size and SHA-256; on a thread of its own, because reading blocks.
public actor FileDigest {
    private let executor = ThreadExecutor(name: "vf-digest")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    public init() {}

    /// - Parameter progress: bytes read so far; called after each MiB.
    /// - Throws: `FileError`, also for a symbolic link; `CancellationError`.
    public func compute(_ path: String, progress: @Sendable (UInt64) -> Void = { _ in }) throws -> FileReference {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw FileError("open", path) }
        defer { close(descriptor) }
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
