import FleetModel

/// `/api/v1/uploads`: files on their way to the controller, named by an ID that the client makes.
enum UploadRoutes {
    static let all = [
        Route(
            .get, "/api/v1/uploads/{upload}", "How much of an upload has arrived",
            success: (200, .reference("Upload")), handle: show),
        Route(
            .put, "/api/v1/uploads/{upload}",
            """
            Append bytes (application/octet-stream): `Content-Range: bytes FIRST-LAST/TOTAL` says where they go; 409 \
            with `Upload-Offset` when the upload does not continue there
            """,
            success: (200, .reference("Upload")), handle: append),
    ]

    @Sendable private static func show(_ call: Call) async throws -> ServerResponse {
        try .json(try await call.services.uploads.status(of: call.parameter("upload", as: UploadID.self)))
    }

    @Sendable private static func append(_ call: Call) async throws -> ServerResponse {
        let id = try call.parameter("upload", as: UploadID.self)
        let uploads = call.services.uploads
        guard let range = ContentRange(call.request.headers["content-range"] ?? "") else {
            throw Problem.invalid("send 'Content-Range: bytes FIRST-LAST/TOTAL' with the place of these bytes")
        }
        if let length = call.request.body.declaredLength, length != range.count {
            throw Problem.invalid("Content-Range speaks of \(range.count) bytes, Content-Length of \(length)")
        }
        let transfer: UploadStore.Transfer
        do {
            transfer = try await uploads.begin(id, at: range.first, total: range.total)
        } catch let mismatch as OffsetMismatch {
            return mismatch.response(upload: id)
        }
        do {
            var received: UInt64 = 0
            while received < range.count, let piece = try await call.request.body.next() {
                received += UInt64(piece.count)
                guard received <= range.count else {
                    throw Problem.invalid("the body is longer than Content-Range says")
                }
                try await uploads.write(piece, to: transfer)
            }
        } catch {
            try await uploads.end(transfer)
            throw error
        }
        try await uploads.end(transfer)
        return try .json(try await uploads.status(of: id))
    }

    static let schemas: [String: Schema] = [
        "Upload": .object(["id": .uuid, "receivedBytes": .integer], optional: ["totalBytes": .integer])
    ]
}

extension OffsetMismatch {
    func response(upload: UploadID) -> ServerResponse {
        var response = Problem.conflict(
            "upload-offset", "upload \(upload) goes on at byte \(received); send 'Content-Range: bytes \(received)-...'"
        ).response
        response.headers["Upload-Offset"] = String(received)
        return response
    }
}
