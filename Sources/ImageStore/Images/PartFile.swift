import FleetModel
import FleetRuntime
import Glibc
import HTTPClient
import Signing
import Synchronization

/// An image on its way: what has arrived is on disk, so that the next attempt asks for the rest only. Fed by the
/// transfer's thread.
final class PartFile: Sendable {
    private struct State {
        var descriptor: Int32 = -1
        var hasher = SHA256Hasher()
        var count: UInt64 = 0
    }

    let path: String
    private let reference: ImageReference
    private let progress: @Sendable (ImageProgress) -> Void
    private let state = Mutex(State())

    init(path: String, reference: ImageReference, progress: @escaping @Sendable (ImageProgress) -> Void) {
        self.path = path
        self.reference = reference
        self.progress = progress
    }

    deinit { _ = state.withLock { $0.descriptor < 0 ? 0 : close($0.descriptor) } }

    var count: UInt64 { state.withLock(\.count) }

    /// Opens the file and hashes what an earlier attempt left. Blocks.
    func open() throws(ImageError) {
        let outcome = state.withLock { state -> Result<UInt64, FileError> in
            state.descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard state.descriptor >= 0 else { return .failure(FileError("open", path)) }
            var buffer = [UInt8](repeating: 0, count: 1 << 20)
            while true {
                let got = read(state.descriptor, &buffer, buffer.count)
                if got == 0 { return .success(state.count) }
                if got < 0 && errno == EINTR { continue }
                guard got > 0 else { return .failure(FileError("read", path)) }
                buffer.withUnsafeBytes { state.hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<got])) }
                state.count += UInt64(got)
            }
        }
        switch outcome {
        case .failure(let error): throw ImageError(error)
        case .success(let count): if count > reference.sizeBytes { try startOver() }
        }
    }

    /// Accepts the answer to a request for everything from `count` on.
    func begin(_ head: HTTPResponseHead) throws(ImageError) {
        switch head.status {
        case 206: try expect(head.headers["Content-Range"] == contentRange, "Content-Range", head)
        case 200:
            try expect(head.headers["Content-Length"] == String(reference.sizeBytes), "Content-Length", head)
            try startOver()
        case 500...: throw ImageError(.unreachable, "the image source answered with status \(head.status)")
        default:
            throw ImageError(
                .refused, "the image source answered with status \(head.status) instead of \(reference.digest)")
        }
    }

    func append(_ bytes: [UInt8]) throws(ImageError) {
        let result = state.withLock { state -> Result<UInt64, ImageError> in
            guard state.count + UInt64(bytes.count) <= reference.sizeBytes else {
                return .failure(ImageError(.wrongSize, "the image is longer than its \(reference.sizeBytes) bytes"))
            }
            do throws(FileError) {
                try DurableFile.write(bytes[...], to: state.descriptor, path: path)
            } catch {
                return .failure(ImageError(error))
            }
            state.hasher.update(bytes)
            state.count += UInt64(bytes.count)
            return .success(state.count)
        }
        progress(ImageProgress(receivedBytes: try result.get(), totalBytes: reference.sizeBytes))
    }

    /// Compares length and content with what the reference promises; a file with other content is removed.
    func verify() throws(ImageError) {
        let (count, digest) = state.withLock { ($0.count, $0.hasher.digest()) }
        guard count == reference.sizeBytes else {
            throw ImageError(.unreachable, "the transfer ended after \(count) of \(reference.sizeBytes) bytes")
        }
        guard digest == reference.digest else {
            try remove()
            throw ImageError(.wrongDigest, "what arrived as image \(reference.digest) has the digest \(digest)")
        }
    }

    func remove() throws(ImageError) {
        do throws(FileError) { try DurableFile.remove(path) } catch { throw ImageError(error) }
    }

    private var contentRange: String {
        "bytes \(count)-\(reference.sizeBytes - 1)/\(reference.sizeBytes)"
    }

    private func startOver() throws(ImageError) {
        let refused = state.withLock { state -> FileError? in
            guard ftruncate(state.descriptor, 0) == 0, lseek(state.descriptor, 0, SEEK_SET) == 0 else {
                return FileError("truncate", path)
            }
            state.hasher = SHA256Hasher()
            state.count = 0
            return nil
        }
        if let refused { throw ImageError(refused) }
    }

    private func expect(_ fits: Bool, _ header: String, _ head: HTTPResponseHead) throws(ImageError) {
        guard fits else {
            throw ImageError(
                .wrongSize,
                "the image source has another size than the \(reference.sizeBytes) bytes that the job names "
                    + "(\(header): \(head.headers[header] ?? "none"))")
        }
    }
}
