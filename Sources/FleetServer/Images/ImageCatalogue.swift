import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials
import Glibc
import ImageStore
import Signing

/// The images behind the templates: read-only files named by their SHA-256. An image is there, whole and synced,
/// before the store hears of it; what the store does not know is removed at start.
public actor ImageCatalogue {
    /// A disk that a guest could boot from, and that qcow2 can describe.
    private static let virtualSizes: ClosedRange<UInt64> = 1 << 20...64 << 40

    private let directory: String
    private let store: FleetStore
    private let uploads: UploadStore
    private let logger: Logger
    private let inspector = ImageInspector()
    private let executor = ThreadExecutor(name: "images")
    private var importing: Set<UploadID> = []

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter directory: made when it is missing; on one file system with the uploads.
    public init(directory: String, store: FleetStore, uploads: UploadStore, logger: Logger) throws {
        self.directory = directory
        self.store = store
        self.uploads = uploads
        self.logger = logger
        try DurableFile.makeDirectory(directory, mode: 0o755)
    }

    nonisolated func path(of digest: Digest) -> String { directory + "/" + digest.description }

    /// Makes a finished upload a template version. Repeating an import gives the same answer.
    /// - Throws: a `Problem`, or what the store throws.
    func add(_ request: TemplateImport, by author: Author) async throws -> TemplateResource {
        guard importing.insert(request.upload).inserted else {
            throw Problem.conflict("import-running", "upload \(request.upload) is being imported now; ask again later")
        }
        defer { importing.remove(request.upload) }
        let source = try await source(of: request.upload)
        let image = try await inspect(source.path)
        let digest = try await digest(of: source)
        let variables = try await variables(of: request)
        let reference = ImageReference(
            template: request.name, version: request.version, digest: digest, format: image.format,
            sizeBytes: try Self.size(of: source.path), virtualSizeBytes: image.virtualSizeBytes,
            variables: variables?.file, seal: request.seal)
        if let known = try await version(request) {
            guard known.image == reference else { throw Self.taken(request) }
            try await markImported(request, reference)
            return known
        }
        try place(source.path, as: digest)
        if let variables { try place(variables.path, as: variables.file.digest) }
        let template = try await store.addTemplate(reference, by: author)
        try await markImported(request, reference)
        logger.with("template", request.name).with("version", request.version).with("digest", digest).info("imported")
        return template
    }

    private func markImported(_ request: TemplateImport, _ image: ImageReference) async throws {
        try await uploads.markImported(request.upload, as: image.digest)
        guard let upload = request.variables, let variables = image.variables else { return }
        try await uploads.markImported(upload, as: variables.digest)
    }

    /// What an EDK2 firmware for VMs keeps its variables in: some hundred KiB.
    private static let variablesSizes: ClosedRange<UInt64> = 64 << 10...16 << 20

    /// - Throws: a 422 `Problem` for what no firmware could use.
    private func variables(of request: TemplateImport) async throws -> (path: String, file: FileReference)? {
        guard let upload = request.variables else { return nil }
        let source = try await source(of: upload)
        let size = try Self.size(of: source.path)
        // A firmware volume has its signature behind 40 bytes (UEFI Platform Initialization, volume 3, 3.2.1).
        guard Self.variablesSizes.contains(size), size.isMultiple(of: 512),
            try DurableFile.bytes(of: source.path)[40..<44].elementsEqual("_FVH".utf8)
        else {
            throw Problem.unprocessable(
                "bad-variables",
                "upload \(upload) is no variable store of UEFI firmware; take the file that <nvram> in the sealed VM's definition "
                    + "names, and make it raw if it is qcow2")
        }
        return (source.path, FileReference(digest: try await digest(of: source), sizeBytes: size))
    }

    /// Removes images that no template names: what a crash left between the file and the store.
    public func sweep() async throws {
        var known: Set<String> = []
        var cursor: String?
        repeat {
            let page = try await store.templates(after: cursor, limit: 500)
            known.formUnion(page.items.map(\.image.digest.description))
            known.formUnion(page.items.compactMap(\.image.variables?.digest.description))
            cursor = page.nextCursor
        } while cursor != nil
        for name in try DurableFile.entries(of: directory) where !known.contains(name) {
            try DurableFile.remove(directory + "/" + name)
        }
    }

    /// Where a finished upload's content lies: with the upload, or, once imported, among the images. The same content
    /// may become several template versions.
    private func source(of upload: UploadID) async throws -> (path: String, digest: Digest?) {
        let finished = try await uploads.finished(upload)
        guard let imported = finished.imported else { return (finished.path, finished.digest) }
        let path = path(of: imported)
        guard DurableFile.exists(path) else {
            try await uploads.forget(upload)
            throw Problem.conflict("upload-lost", "the content of upload \(upload) is no longer here; upload it again")
        }
        return (path, imported)
    }

    /// - Throws: a 422 `Problem` that says why the upload cannot be a template.
    private func inspect(_ path: String) async throws -> ImageInspector.Information {
        let signature = try ImageSignature(path: path)
        if case .foreign(let name) = signature {
            throw Self.refuse("it is \(name); convert it to qcow2 first (qemu-img convert -O qcow2)")
        }
        let image: ImageInspector.Information
        do throws(ImageError) {
            image = try await inspector.inspect(path, as: signature == .qcow2 ? .qcow2 : .raw)
        } catch {
            guard error.code == .unusable else { throw error }
            throw Self.refuse(error.message.replacing(path, with: "the image"))
        }
        guard Self.virtualSizes.contains(image.virtualSizeBytes) else {
            throw Self.refuse(
                """
                its disk would have \(image.virtualSizeBytes) bytes; from \(Self.virtualSizes.lowerBound) to \
                \(Self.virtualSizes.upperBound) make sense
                """)
        }
        return image
    }

    private static func refuse(_ reason: String) -> Problem {
        .unprocessable("bad-image", "the upload cannot be a template: \(reason)")
    }

    private func version(_ request: TemplateImport) async throws -> TemplateResource? {
        do {
            return try await store.template(request.name, version: request.version)
        } catch .notFound {
            return nil
        }
    }

    private static func taken(_ request: TemplateImport) -> Problem {
        .conflict(
            "version-exists",
            """
            template '\(request.name)' has a version '\(request.version)' with another content or seal, and versions never \
            change; choose another version
            """)
    }

    /// Gives the upload's data its second name. The first goes when the store knows of the image, so that a crash in
    /// between leaves a finished upload to import again.
    private func place(_ path: String, as digest: Digest) throws {
        let target = self.path(of: digest)
        guard chmod(path, 0o444) == 0 else { throw FileError("chmod", path) }
        guard link(path, target) == 0 || errno == EEXIST else { throw FileError("link", target) }
        try DurableFile.sync(directory)
    }

    private func digest(of source: (path: String, digest: Digest?)) async throws -> Digest {
        if let known = source.digest { return known }
        return try await FileDigest().compute(source.path).digest
    }

    private static func size(of path: String) throws(FileError) -> UInt64 {
        guard let size = DurableFile.size(path) else { throw FileError("find", path) }
        return size
    }
}
