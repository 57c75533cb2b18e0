import FleetModel
import FleetRuntime
import Glibc
import Signing

/// Reads a file once to know its size and SHA-256; on a thread of its own, because reading blocks.
actor FileDigest {
    struct Result: Sendable {
        let digest: Digest
        let size: UInt64
    }

    private let executor = ThreadExecutor(name: "vf-digest")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter progress: bytes read so far, and the file's size.
    func compute(
        _ path: String, progress: @Sendable (UInt64, UInt64) -> Void
    ) throws(FleetClientError) -> Result {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .unreadableFile(path: path, reason: "is not a regular file; name an image file")
        }
        let size = UInt64(clamping: status.st_size)
        guard size > 0 else { throw .unreadableFile(path: path, reason: "is empty") }
        let hasher = SHA256Hasher()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var total: UInt64 = 0
        while true {
            if Task.isCancelled { throw .cancelled }
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw unreadable(path) }
            if count == 0 { break }
            buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
            total += UInt64(count)
            progress(total, size)
        }
        guard total == size else { throw .unreadableFile(path: path, reason: "changes while it is read") }
        return Result(digest: hasher.digest(), size: size)
    }

    private nonisolated func unreadable(_ path: String) -> FleetClientError {
        .unreadableFile(path: path, reason: String(cString: strerror(errno)))
    }
}
