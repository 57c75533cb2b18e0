import FleetModel
import FleetStore

/// `/api/v1/events`.
enum EventRoutes {
    private static let filters = [
        Paging.host, Route.Parameter(name: "type", summary: "Only of this type", schema: .string()),
    ]

    static let all = [
        Route(
            .get, "/api/v1/events", "The durable record of all hosts, newest first",
            query: filters + Paging.parameters, success: (200, .page(of: "Event")), handle: list),
        Route(
            .get, "/api/v1/events/stream",
            """
            New events as they are committed (text/event-stream): `id:` is the commit ID, `data:` an Event; with \
            `Last-Event-ID` everything after that commit; a comment every 15 s; 503 past 64 subscribers
            """,
            query: filters, success: (200, nil), handle: stream),
    ]

    @Sendable private static func list(_ call: Call) async throws -> ServerResponse {
        try .json(
            try await call.services.store.events(
                before: call.query("cursor"), host: call.query("host"),
                type: call.query("type").map(EventType.init(rawValue:)), limit: call.limit()))
    }

    @Sendable private static func stream(_ call: Call) async throws -> ServerResponse {
        let store = call.services.store
        var host: String?
        if let name = call.query("host") { host = try await store.host(name).id.description }
        let start: Int64
        if let text = call.request.headers["last-event-id"] {
            guard let id = Int64(text), id >= 0 else {
                throw Problem.invalid("Last-Event-ID must be an event's ID, not '\(text.prefix(40))'")
            }
            start = id
        } else {
            start = try await store.newestCommit()
        }
        return try call.services.feed.stream(
            after: start, host: host, type: call.query("type").map(EventType.init(rawValue:)))
    }

    static let schemas: [String: Schema] = [
        "Event": .object(
            [
                "id": .integer, "host": .uuid, "type": .string(), "time": .time, "receivedAt": .time, "epoch": .uuid,
                "seq": .integer, "body": .any,
            ], optional: ["hostName": .name])
    ]
}
