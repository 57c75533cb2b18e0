import FleetModel

/// `/api/v1/templates`.
enum TemplateRoutes {
    static let all = [
        Route(
            .get, "/api/v1/templates", "Template versions, by name and version", query: Paging.parameters,
            success: (200, .page(of: "Template")), handle: list),
        Route(
            .post, "/api/v1/templates", "Make a finished upload a template version; repeating it changes nothing",
            body: .reference("TemplateImport"), success: (201, .reference("Template")), handle: add),
    ]

    @Sendable private static func list(_ call: Call) async throws -> ServerResponse {
        try .json(try await call.services.store.templates(after: call.query("cursor"), limit: call.limit()))
    }

    @Sendable private static func add(_ call: Call) async throws -> ServerResponse {
        let request = try await call.body(as: TemplateImport.self)
        return try .json(try await call.services.images.add(request, by: call.author), status: 201)
    }

    static let schemas: [String: Schema] = [
        "Template": .object(["image": .reference("Image"), "createdAt": .time]),
        "Image": .object(
            [
                "template": .name, "version": .name, "digest": .string(), "format": .words(ImageReference.Format.self),
                "sizeBytes": .integer, "virtualSizeBytes": .integer,
            ], optional: ["variables": .reference("File"), "seal": .reference("TemplateSeal")]),
        "File": .object(["digest": .string(), "sizeBytes": .integer]),
        "TemplateSeal": .object(
            [:],
            optional: [
                "guestOS": .words(GuestOS.self), "memoryMiB": .integer, "vcpus": .integer, "secureBoot": .boolean,
                "tpm": .boolean, "diskBus": .words(DiskBus.self), "profile": .name,
            ]),
        "TemplateImport": .object(
            ["name": .name, "version": .name, "upload": .uuid],
            optional: ["variables": .uuid, "seal": .reference("TemplateSeal")]),
    ]
}
