import FleetModel
import FleetRuntime
import Glibc
import HTTPClient

/// The agent's base images: one read-only file per content, `<directory>/<digest>`, shared by all VMs of the host.
/// A file gets that name only when every byte of it is verified and on the disk.
public final class BaseImageStore: ImageStore {
    private let directory: String
    private let client: HTTPClient
    private let inspector: ImageInspector
    private let files = BlockingWork(name: "image-store")
    private let locks = KeyedLock<Digest>()

    /// - Parameter directory: made when it is missing; QEMU's user must be able to reach it.
    public init(directory: String, client: HTTPClient, inspector: ImageInspector = ImageInspector()) {
        self.directory = directory
        self.client = client
        self.inspector = inspector
    }

    public func image(_ reference: ImageReference) async -> String? {
        let path = path(reference)
        return await files.run { DurableFile.size(path) } == reference.sizeBytes ? path : nil
    }

    public func bytesToFetch(_ reference: ImageReference, inFileSystemOf path: String) async -> UInt64 {
        if await image(reference) != nil { return 0 }
        return await files.run { [directory, part = part(reference)] in
            guard DurableFile.areOnOneFileSystem(directory, path) else { return 0 }
            return reference.sizeBytes - min(DurableFile.size(part) ?? 0, reference.sizeBytes)
        }
    }

    public func fetch(
        _ reference: ImageReference, from source: ImageSource, progress: @escaping @Sendable (ImageProgress) -> Void
    ) async throws(ImageError) -> String {
        guard await locks.acquire(reference.digest) else { throw Self.cancelled(reference) }
        defer { locks.release(reference.digest) }
        if let path = await image(reference) { return await protected(path) }
        try await prepareDirectory()
        let resumed = await files.run { [part = part(reference)] in DurableFile.exists(part) }
        do throws(ImageError) {
            try await download(reference, from: source, progress: progress)
        } catch {
            // What an earlier attempt left may have been damaged, by a crash for instance: once more from the start.
            guard resumed, error.code == .wrongDigest else { throw error }
            try await download(reference, from: source, progress: progress)
        }
        return await protected(try await admit(reference))
    }

    /// A VM that somebody starts on an image by mistake would change it for all that are built on it.
    private func protected(_ path: String) async -> String {
        await files.run { _ = DurableFile.setImmutable(path, true) }
        return path
    }

    private func download(
        _ reference: ImageReference, from source: ImageSource, progress: @escaping @Sendable (ImageProgress) -> Void
    ) async throws(ImageError) {
        let part = PartFile(path: part(reference), reference: reference, progress: progress)
        do throws(ImageError) {
            try await fill(part, with: reference, from: source)
        } catch {
            // What cannot become the image, or is nothing yet, is not gone on with.
            if error.code == .wrongSize || part.count == 0 {
                try? await files.run { () throws(ImageError) in try part.remove() }
            }
            throw error
        }
    }

    private func fill(
        _ part: PartFile, with reference: ImageReference, from source: ImageSource
    ) async throws(ImageError) {
        try await files.run { () throws(ImageError) in try part.open() }
        let missing = reference.sizeBytes - part.count
        try await requireSpace(missing, for: reference)
        if missing > 0 {
            let request = HTTPRequest(
                url: source.url(of: reference.digest),
                headers: [("Authorization", "Bearer \(source.token)"), ("Range", "bytes=\(part.count)-")])
            do throws(HTTPError) {
                try await client.download(request, onHead: part.begin, sink: part.append)
            } catch {
                throw ImageError(error)
            }
        }
        try await files.run { () throws(ImageError) in try part.verify() }
    }

    /// Makes a complete, verified download the image, if a VM may be built on it.
    private func admit(_ reference: ImageReference) async throws(ImageError) -> String {
        let part = part(reference)
        let path = path(reference)
        let information: ImageInspector.Information
        do throws(ImageError) {
            information = try await inspector.inspect(part, as: reference.format)
            guard information.virtualSizeBytes == reference.virtualSizeBytes else {
                throw ImageError(
                    .unusable,
                    "image \(reference.digest) is a disk of \(information.virtualSizeBytes) bytes, "
                        + "not of \(reference.virtualSizeBytes) as the job says")
            }
        } catch {
            if error.code == .unusable { try await inFiles { () throws(FileError) in try DurableFile.remove(part) } }
            throw error
        }
        try await inFiles { () throws(FileError) in
            // What has the name and is not the image.
            DurableFile.setImmutable(path, false)
            try DurableFile.publish(part, as: path, mode: 0o444)
        }
        return path
    }

    private func prepareDirectory() async throws(ImageError) {
        try await inFiles { [directory] () throws(FileError) in
            try DurableFile.makeDirectory(directory, mode: 0o755)
        }
    }

    private func requireSpace(_ bytes: UInt64, for reference: ImageReference) async throws(ImageError) {
        let free = try await inFiles { [directory] () throws(FileError) in
            try DurableFile.freeBytes(at: directory)
        }
        guard free >= bytes else {
            throw ImageError(
                .noSpace,
                "image \(reference.template) \(reference.version) needs \(bytes) more bytes in \(directory), "
                    + "which has \(free) free; remove what is not needed there")
        }
    }

    private func inFiles<Result: Sendable>(
        _ body: @Sendable () throws(FileError) -> Result
    ) async throws(ImageError) -> Result {
        do throws(FileError) { return try await files.run(body) } catch { throw ImageError(error) }
    }

    private func path(_ reference: ImageReference) -> String { "\(directory)/\(reference.digest)" }
    private func part(_ reference: ImageReference) -> String { path(reference) + ".part" }

    private static func cancelled(_ reference: ImageReference) -> ImageError {
        ImageError(.cancelled, "fetching image \(reference.digest) was cancelled")
    }
}
