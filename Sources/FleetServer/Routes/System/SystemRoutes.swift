import FleetModel
import FleetStore

/// What is not a resource: health, metrics, the API's own document.
enum SystemRoutes {
    static let all = [
        Route(.get, "/healthz", "Whether the process answers", success: (200, nil)) { _ in .text("ok\n") },
        Route(.get, "/readyz", "Whether the controller can do its work", success: (200, nil), handle: ready),
        Route(
            .get, "/metrics", "Metrics of the controller and of the fleet, for Prometheus", success: (200, nil),
            handle: metrics),
        Route(.get, "/openapi.json", "This document", success: (200, .any)) { _ in
            try .json(OpenAPIDocument.make(routes: API.routes, schemas: API.schemas))
        },
    ]

    @Sendable private static func ready(_ call: Call) async throws -> ServerResponse {
        var obstacles = await call.services.obstacles()
        if let failure = call.services.store.writeFailure {
            obstacles.append("the database cannot be written: \(failure)")
        }
        guard obstacles.isEmpty else {
            throw Problem(
                status: 503, code: "not-ready", title: "Not ready", detail: obstacles.joined(separator: "; "))
        }
        return .text("ready\n")
    }

    @Sendable private static func metrics(_ call: Call) async throws -> ServerResponse {
        let fleet = try await FleetMetrics(store: call.services.store, now: call.services.time.now()).text()
        return .text(call.services.metrics.text() + fleet, type: "text/plain; version=0.0.4; charset=utf-8")
    }

    static let schemas: [String: Schema] = [
        "Problem": .object(
            ["type": .string(), "title": .string(), "status": .integer], optional: ["detail": .string()])
    ]
}
