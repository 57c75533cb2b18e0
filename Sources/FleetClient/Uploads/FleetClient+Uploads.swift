import FleetModel
import FleetRuntime
import FoundationEssentials
import Glibc
import HTTPClient
import Signing

public enum UploadProgress: Equatable, Sendable {
    /// The file is read to know its digest.
    case digesting(bytes: UInt64, of: UInt64)
    /// The controller has `bytes` of it.
    case sending(bytes: UInt64, of: UInt64)
    /// The connection broke; the upload goes on where the controller says.
    case interrupted
}

/// A file that the controller has whole.
public struct FinishedUpload: Equatable, Sendable {
    public let id: UploadID
    public let digest: Digest
}

extension FleetClient {
    private static let chunkBytes: UInt64 = 8 << 20
    /// How often in a row the upload may break without a byte getting through.
    private static let patience = 8
    private static let namespace = UUID(
        uuid: (0x6F, 0x1D, 0x3C, 0x1E, 0x3D, 0x5A, 0x4B, 0x57, 0x9B, 0x0E, 0x6B, 0x4C, 0x1F, 0x0D, 0x2A, 0x11))

    /// Where an upload stands; nil when the controller knows nothing of it.
    public func upload(_ id: UploadID) async throws(FleetClientError) -> UploadResource? {
        do {
            return try await get(Path("uploads", id.description), as: UploadResource.self)
        } catch .refused(let problem) where problem.status == 404 {
            return nil
        }
    }

    /// The ID that a file of this content always has, so that a repeated upload goes on where the last one stopped.
    public static func uploadID(of digest: Digest) -> UploadID {
        UploadID(UUID(version5: digest.description, namespace: namespace))
    }

    /// Brings a file to the controller, going on where an earlier attempt stopped.
    /// - Parameter progress: called from several threads, often.
    public func upload(
        file path: String, progress: @escaping @Sendable (UploadProgress) -> Void
    ) async throws(FleetClientError) -> FinishedUpload {
        let file = try await Self.digest(of: path, progress)
        let id = Self.uploadID(of: file.digest)
        var backoff = Backoff(base: .seconds(1), cap: .seconds(30))
        var generator = SystemRandomNumberGenerator()
        var received = try await upload(id)?.receivedBytes ?? 0
        var failures = 0
        while received < file.sizeBytes {
            let before = received
            do {
                received = try await sendChunk(of: path, at: received, size: file.sizeBytes, to: id, progress)
            } catch {
                guard mayPass(error), failures < Self.patience else { throw error }
                progress(.interrupted)
                do { try await time.sleep(for: backoff.next(using: &generator)) } catch { throw .cancelled }
                received = (try? await upload(id))??.receivedBytes ?? received
            }
            failures = received > before ? 0 : failures + 1
            if failures == 0 { backoff.reset() }
        }
        progress(.sending(bytes: file.sizeBytes, of: file.sizeBytes))
        return FinishedUpload(id: id, digest: file.digest)
    }

    /// A broken connection, and a controller that goes on elsewhere than we thought or is busy with the same file.
    private func mayPass(_ error: FleetClientError) -> Bool {
        switch error {
        case .unreachable: true
        case .refused(let problem): problem.status == 409 || problem.status == 503
        case .unintelligible, .unreadableFile, .cancelled: false
        }
    }

    /// - Returns: how much the controller has now, which is more than before.
    private func sendChunk(
        of path: String, at offset: UInt64, size: UInt64, to id: UploadID,
        _ progress: @escaping @Sendable (UploadProgress) -> Void
    ) async throws(FleetClientError) -> UInt64 {
        let length = min(Self.chunkBytes, size - offset)
        var request = request(.put, Path("uploads", id.description))
        request.headers += [
            ("Content-Type", "application/octet-stream"),
            ("Content-Range", "bytes \(offset)-\(offset + length - 1)/\(size)"),
        ]
        request.body = .file(path: path, offset: offset, length: length)
        let response = try await send(request) { sent in progress(.sending(bytes: offset + sent, of: size)) }
        guard let answer = try? FleetJSON.decode(UploadResource.self, from: Data(response.body)),
            answer.receivedBytes > offset
        else { throw .unintelligible(request: "PUT \(request.url)", reason: "it took nothing of what was sent") }
        return answer.receivedBytes
    }

    private static func digest(
        of path: String, _ progress: @escaping @Sendable (UploadProgress) -> Void
    ) async throws(FleetClientError) -> FileReference {
        let size = DurableFile.size(path) ?? 0
        let file: FileReference
        do {
            file = try await FileDigest().compute(path) { progress(.digesting(bytes: $0, of: size)) }
        } catch {
            guard let error = error as? FileError else { throw .cancelled }
            let reason =
                error.code == EINVAL
                ? "is not a regular file; name an image file" : String(cString: strerror(error.code))
            throw .unreadableFile(path: path, reason: reason)
        }
        guard file.sizeBytes > 0 else { throw .unreadableFile(path: path, reason: "is empty") }
        guard file.sizeBytes == size else { throw .unreadableFile(path: path, reason: "changes while it is read") }
        return file
    }
}
