import FleetFiles
import FleetModel
import FleetStore
import Recurrence

/// `/api/v1/windows`.
enum WindowRoutes {
    private static let shownOccurrences = 10

    static let all = [
        Route(
            .get, "/api/v1/windows", "The windows, by name", query: Paging.parameters,
            success: (200, .page(of: "Window")), handle: list),
        Route(.get, "/api/v1/windows/{window}", "One window", success: (200, .reference("Window")), handle: show),
        Route(
            .get, "/api/v1/windows/{window}/occurrences", "When it is open: now, perhaps, and the next ten times",
            query: [
                Route.Parameter(
                    name: "host", summary: "By whose time zone, by ID or name; UTC without one", schema: .string())
            ],
            success: (200, .reference("WindowOccurrences")), handle: occurrences),
        Route(
            .post, "/api/v1/windows/{window}", "Make a window what a document says; repeating it changes nothing",
            body: .map(.any), success: (200, .reference("WindowApplication")), handle: apply),
        Route(
            .delete, "/api/v1/windows/{window}", "Remove a window; jobs keep the times that it had",
            success: (204, nil), handle: remove),
    ]

    @Sendable private static func list(_ call: Call) async throws -> ServerResponse {
        try .json(try await call.services.store.windows(after: call.query("cursor"), limit: call.limit()))
    }

    @Sendable private static func show(_ call: Call) async throws -> ServerResponse {
        try .json(try await call.services.store.window(call.parameter("window", as: ResourceName.self)))
    }

    @Sendable private static func occurrences(_ call: Call) async throws -> ServerResponse {
        let window = try await call.services.store.window(call.parameter("window", as: ResourceName.self))
        let host: HostResource?
        if let name = call.query("host") {
            host = try await call.services.store.host(name)
        } else {
            host = nil
        }
        let calendar = try WindowCalendar(window, on: host)
        return try .json(
            WindowOccurrences(
                timeZone: calendar.timeZone,
                occurrences: calendar.occurrences(from: call.services.time.now(), limit: shownOccurrences)))
    }

    /// What is kept is the whole window with its defaults, so that it means the same for ever.
    @Sendable private static func apply(_ call: Call) async throws -> ServerResponse {
        let name = try call.parameter("window", as: ResourceName.self)
        let given = try await call.body(as: [String: JSONValue].self)
        let document: [String: JSONValue]
        do {
            let window = try Window(document: given)
            _ = try WindowCalendar(window, hostZone: nil)
            document = try window.document()
        } catch let invalid as InvalidDocument {
            throw refusal(name, invalid.problems.joined(separator: "; "))
        } catch let invalid as InvalidRecurrence {
            throw refusal(name, invalid.description)
        }
        return try .json(try await call.services.store.applyWindow(name, document: document, by: call.who))
    }

    private static func refusal(_ name: ResourceName, _ problems: String) -> Problem {
        .unprocessable("bad-window", "window '\(name)' was not applied, for its document is not right: \(problems)")
    }

    @Sendable private static func remove(_ call: Call) async throws -> ServerResponse {
        try await call.services.store.removeWindow(call.parameter("window", as: ResourceName.self), by: call.who)
        return .noContent
    }

    static let schemas: [String: Schema] = [
        "Window": .object(["name": .name, "document": .map(.any), "createdAt": .time, "updatedAt": .time]),
        "WindowApplication": .object(["window": .reference("Window"), "changed": .boolean]),
        "WindowOccurrences": .object(["timeZone": .string(), "occurrences": .array(.array(.time))]),
    ]
}

extension WindowCalendar {
    /// - Throws: a `Problem` when the host's own time zone counts and is not known.
    init(_ resource: WindowResource, on host: HostResource?) throws {
        do {
            let window = try Window(document: resource.document)
            if let host, window.timeZone == Window.zoneOfHost, host.timeZone == nil {
                throw Problem.unprocessable(
                    "no-time-zone",
                    "window '\(resource.name)' goes by the host's own time zone, which host '\(host.name)' has not told; start "
                        + "or update its agent, or name a zone in the window")
            }
            try self.init(window, hostZone: host?.timeZone)
        } catch let error as InvalidDocument {
            throw Self.notUnderstood(resource, error.description)
        } catch let error as InvalidRecurrence {
            throw Self.notUnderstood(resource, error.description)
        }
    }

    /// Another version of the program took it for right.
    private static func notUnderstood(_ resource: WindowResource, _ problem: String) -> Problem {
        .unprocessable("bad-window", "window '\(resource.name)' is not understood: \(problem)")
    }
}
