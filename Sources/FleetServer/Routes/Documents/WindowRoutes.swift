import FleetFiles
import FleetModel
import FleetStore
import Recurrence

/// `/api/v1/windows`: recurring time in which a host may be disturbed.
enum WindowRoutes {
    private static let shownOccurrences = 10

    static let all =
        DocumentRoutes.all(.window) + [
            Route(
                .get, "/api/v1/windows/{window}/occurrences", "When it is open: now, perhaps, and the next ten times",
                query: [
                    Route.Parameter(
                        name: "host", summary: "By whose time zone, by ID or name; UTC without one", schema: .string())
                ],
                success: (200, .reference("WindowOccurrences")), handle: occurrences)
        ]

    @Sendable private static func occurrences(_ call: Call) async throws -> ServerResponse {
        let window = try await DocumentRoutes.find(.window, call)
        let host: HostResource?
        if let name = call.query("host") {
            host = try await call.services.store.host(name)
        } else {
            host = nil
        }
        let calendar = try await WindowCalendar(window, on: host, in: call.services.store)
        return try .json(
            WindowOccurrences(
                timeZone: calendar.timeZone,
                occurrences: calendar.occurrences(from: call.services.time.now(), limit: shownOccurrences)))
    }

    static let schemas: [String: Schema] = [
        "WindowOccurrences": .object(["timeZone": .string(), "occurrences": .array(.array(.time))])
    ]
}

extension WindowCalendar {
    /// - Throws: a `Problem` when the host's own time zone counts and is not known.
    init(_ resource: DocumentResource, on host: HostResource?, in store: FleetStore) async throws {
        var zone: String?
        if let host { zone = try await store.timeZones(of: host.id)[host.id] }
        do {
            let window = try Window(document: resource.document)
            if let host, window.lacksTimeZone(zone) {
                throw Problem.unprocessable(
                    "no-time-zone",
                    "window '\(resource.name)' goes by the host's own time zone, which host '\(host.name)' has not told; start "
                        + "or update its agent, or name a zone in the window")
            }
            try self.init(window, hostZone: zone)
        } catch let error as InvalidDocument {
            throw Self.notUnderstood(resource, error.description)
        } catch let error as InvalidRecurrence {
            throw Self.notUnderstood(resource, error.description)
        }
    }

    /// Another version of the program took it for right.
    private static func notUnderstood(_ resource: DocumentResource, _ problem: String) -> Problem {
        .unprocessable("bad-window", "window '\(resource.name)' is not understood: \(problem)")
    }
}
