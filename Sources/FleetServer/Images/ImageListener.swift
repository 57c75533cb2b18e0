import FleetModel
import FleetStore
import Glibc

/// What agents fetch images from: reads only, content-addressed files only, each host with a token of its own.
public struct ImageListener: Sendable {
    private let store: FleetStore
    private let images: ImageCatalogue

    public init(store: FleetStore, images: ImageCatalogue) {
        self.store = store
        self.images = images
    }

    /// Answers `GET` and `HEAD` of `/images/<sha256>`.
    @Sendable public func handle(_ request: ServerRequest) async throws -> ServerResponse {
        guard let token = ImageToken(APIAccess.bearer(request) ?? ""),
            try await store.imageTokenMatches(host: token.host, hash: token.hash)
        else { return APIAccess.unauthorized("send this host's image token as 'Authorization: Bearer TOKEN'") }
        guard request.method == .get || request.method == .head else {
            throw Problem(
                status: 405, code: "method-not-allowed", title: "Method not allowed", detail: "images can only be read")
        }
        guard request.segments.count == 2, request.segments[0] == "images", let digest = Digest(request.segments[1])
        else { throw Problem.notFound("only /images/<sha256> is served here") }
        let path = images.path(of: digest)
        var information = stat()
        guard stat(path, &information) == 0 else { throw Problem.notFound("there is no image \(digest)") }
        return Self.answer(request, path: path, size: UInt64(information.st_size), etag: "\"\(digest)\"")
    }

    static func answer(_ request: ServerRequest, path: String, size: UInt64, etag: String) -> ServerResponse {
        let headers = [
            "Content-Type": "application/octet-stream", "Accept-Ranges": "bytes", "ETag": etag,
            "Cache-Control": "private, immutable, max-age=31536000",
        ]
        if request.headers["if-none-match"] == etag { return ServerResponse(status: 304, headers: headers) }
        // A range of something else than the client began with would not fit (RFC 9110, 13.1.5).
        let condition = request.headers["if-range"]
        let range = condition == nil || condition == etag ? request.headers["range"] : nil
        switch ByteRange.resolve(range, size: size) {
        case .whole: return ServerResponse(headers: headers, body: .file(path: path, range: 0..<size))
        case .part(let range):
            let text = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
            return ServerResponse(
                status: 206, headers: headers.merging(["Content-Range": text]) { first, _ in first },
                body: .file(path: path, range: range))
        case .unsatisfiable:
            var response = Problem(
                status: 416, code: "range", title: "Range not satisfiable", detail: "the image has \(size) bytes"
            ).response
            response.headers["Content-Range"] = "bytes */\(size)"
            return response
        }
    }
}
