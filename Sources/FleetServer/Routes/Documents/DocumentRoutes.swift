import FleetFiles
import FleetModel
import FleetStore
import Recurrence

/// `/api/v1/windows` and `/api/v1/policies`, as far as they are alike.
enum DocumentRoutes {
    static func all(_ kind: DocumentKind) -> [Route] {
        let (path, word) = ("/api/v1/\(kind.collection)", kind.rawValue)
        return [
            Route(
                .get, path, "The \(kind.collection), by name", query: Paging.parameters,
                success: (200, .page(of: "Document"))
            ) { call in
                try .json(
                    try await call.services.store.documents(kind, after: call.query("cursor"), limit: call.limit()))
            },
            Route(.get, "\(path)/{\(word)}", "One \(word)", success: (200, .reference("Document"))) { call in
                try .json(try await find(kind, call))
            },
            Route(
                .post, "\(path)/{\(word)}", "Make a \(word) what a document says; repeating it changes nothing",
                body: .map(.any), success: (200, .reference("DocumentApplication"))
            ) { try await apply(kind, $0) },
            Route(.delete, "\(path)/{\(word)}", "Remove a \(word)", success: (204, nil)) { call in
                try await call.services.store.removeDocument(
                    kind, call.parameter(word, as: ResourceName.self), by: call.author)
                return .noContent
            },
        ]
    }

    static func find(_ kind: DocumentKind, _ call: Call) async throws -> DocumentResource {
        try await call.services.store.document(kind, call.parameter(kind.rawValue, as: ResourceName.self))
    }

    /// What is kept is the whole document with its defaults, so that it means the same for ever.
    private static func apply(_ kind: DocumentKind, _ call: Call) async throws -> ServerResponse {
        let name = try call.parameter(kind.rawValue, as: ResourceName.self)
        let given = try await call.body(as: [String: JSONValue].self)
        let document: [String: JSONValue]
        do {
            document = try complete(given, kind)
        } catch let invalid as InvalidDocument {
            throw refusal(kind, name, invalid.problems.joined(separator: "; "))
        } catch let invalid as InvalidRecurrence {
            throw refusal(kind, name, invalid.description)
        }
        return try .json(
            try await call.services.store.applyDocument(kind, name, document: document, by: call.author))
    }

    private static func complete(_ given: [String: JSONValue], _ kind: DocumentKind) throws -> [String: JSONValue] {
        switch kind {
        case .window: try checked(Window(document: given)).document()
        case .policy: try checked(Policy(document: given)).document()
        }
    }

    private static func checked<Kind: Schedule>(_ schedule: Kind) throws(InvalidRecurrence) -> Kind {
        _ = try ScheduleCalendar(schedule, hostZone: nil)
        return schedule
    }

    private static func refusal(_ kind: DocumentKind, _ name: ResourceName, _ problems: String) -> Problem {
        .unprocessable(
            "bad-\(kind.rawValue)",
            "\(kind.rawValue) '\(name)' was not applied, for its document is not right: \(problems)")
    }

    static let schemas: [String: Schema] = [
        "Document": .object(["name": .name, "document": .map(.any), "createdAt": .time, "updatedAt": .time]),
        "DocumentApplication": .object(["applied": .reference("Document"), "changed": .boolean]),
    ]
}
