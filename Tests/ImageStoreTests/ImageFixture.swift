import FleetModel
import FleetTestSupport
import FoundationEssentials
import HTTPClient
import ImageStore
import Signing
import Subprocess
import Synchronization

/// An image made by qemu-img, the server that offers it and the store that shall get it.
final class ImageFixture: Sendable {
    typealias Handler = @Sendable ([UInt8], ScriptedHTTPServer.Request, HTTPExchange) -> Void
    static let token = "host-token"

    let directory: TemporaryDirectory
    let bytes: [UInt8]
    let reference: ImageReference
    let server: ScriptedHTTPServer
    let store: BaseImageStore

    /// - Parameter handler: answers each request; by default with the range that was asked for.
    init(
        format: ImageReference.Format = .qcow2, handler: @escaping Handler = ImageFixture.serve,
        change: (inout [UInt8], inout ImageReference) -> Void = { _, _ in }
    ) async throws {
        directory = try TemporaryDirectory()
        let path = try await Self.makeImage(in: directory, format: format)
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        var reference = Self.reference(to: bytes, format: format)
        change(&bytes, &reference)
        self.bytes = bytes
        self.reference = reference
        server = try ScriptedHTTPServer { [bytes] request, exchange in
            handler(bytes, request, exchange)
        }
        store = BaseImageStore(directory: directory.file("images"), client: HTTPClient())
    }

    var source: ImageSource { ImageSource(url: server.url, token: Self.token) }
    var path: String { directory.file("images/\(reference.digest)") }
    var part: String { path + ".part" }

    @discardableResult
    func fetch(_ progress: @escaping @Sendable (ImageProgress) -> Void = { _ in }) async throws(ImageError) -> String {
        try await store.fetch(reference, from: source, progress: progress)
    }

    func bytesToFetch() async -> UInt64 {
        await store.bytesToFetch(reference, inFileSystemOf: directory.path)
    }

    func writePart(_ bytes: some Sequence<UInt8>) throws {
        try FileManager.default.createDirectory(atPath: directory.file("images"), withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: part))
    }

    /// What a correct image listener does.
    static let serve: Handler = { bytes, request, exchange in
        guard request.headers["authorization"] == "Bearer \(token)" else { return exchange.respond(401) }
        let start = request.headers["range"].flatMap { Int($0.dropFirst("bytes=".count).dropLast()) } ?? 0
        exchange.respond(
            206, [("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)")], body: Array(bytes[start...]))
    }

    static func reference(to bytes: [UInt8], format: ImageReference.Format) -> ImageReference {
        ImageReference(
            template: ResourceName("windows")!, version: ResourceName("1")!, digest: SHA256Hasher.digest(of: bytes),
            format: format, sizeBytes: UInt64(bytes.count), virtualSizeBytes: 3 << 20)
    }

    /// A disk of 3 MiB, full of numbers.
    static func makeImage(in directory: TemporaryDirectory, format: ImageReference.Format) async throws -> String {
        let raw = directory.file("disk.raw")
        try Data((0..<3 << 20).map { UInt8(truncatingIfNeeded: $0 / 11) }).write(to: URL(filePath: raw))
        guard format == .qcow2 else { return raw }
        let path = directory.file("disk.qcow2")
        _ = try await Subprocess.run("qemu-img", ["convert", "-f", "raw", "-O", "qcow2", raw, path]).successful()
        return path
    }
}
