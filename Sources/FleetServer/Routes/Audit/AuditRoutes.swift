import FleetModel

/// `/api/v1/audit`.
enum AuditRoutes {
    static let all = [
        Route(
            .get, "/api/v1/audit", "Who changed what and who was refused, newest first",
            query: [Route.Parameter(name: "who", summary: "Only of this author", schema: .string())]
                + Paging.parameters,
            success: (200, .page(of: "AuditEntry")), handle: list)
    ]

    @Sendable private static func list(_ call: Call) async throws -> ServerResponse {
        try .json(
            try await call.services.store.audit(
                before: call.query("cursor"), who: call.query("who"), limit: call.limit()))
    }

    static let schemas: [String: Schema] = [
        "AuditEntry": .object(
            ["id": .integer, "time": .time, "who": .string(), "action": .string(), "result": .string()],
            optional: ["origin": .string(), "object": .string()])
    ]
}
