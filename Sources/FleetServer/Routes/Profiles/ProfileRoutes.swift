import FleetModel
import Placement
import FleetFiles
import Signing

/// `/api/v1/profiles`.
enum ProfileRoutes {
    static let all = [
        Route(
            .get, "/api/v1/profiles", "The newest version of each profile, by name", query: Paging.parameters,
            success: (200, .page(of: "Profile")), handle: list),
        Route(
            .get, "/api/v1/profiles/{profile}", "One version of a profile",
            query: [
                Route.Parameter(name: "version", summary: "From 1; the newest by default", schema: .integer)
            ],
            success: (200, .reference("Profile")), handle: show),
        Route(
            .post, "/api/v1/profiles/{profile}", "Make a document the newest version; repeating it changes nothing",
            body: .map(.any), success: (200, .reference("ProfileApplication")), handle: apply),
        Route(
            .delete, "/api/v1/profiles/{profile}", "Remove a profile with all its versions; jobs keep theirs",
            success: (204, nil), handle: remove),
    ]

    @Sendable private static func list(_ call: Call) async throws -> ServerResponse {
        try .json(try await call.services.store.profiles(after: call.query("cursor"), limit: call.limit()))
    }

    @Sendable private static func show(_ call: Call) async throws -> ServerResponse {
        let version = try call.query("version").map { text in
            guard let version = Int(text), version > 0 else {
                throw Problem.invalid("?version= must be a number from 1 on, not '\(text.prefix(40))'")
            }
            return version
        }
        return try .json(
            try await call.services.store.profile(call.parameter("profile", as: ResourceName.self), version: version))
    }

    /// What is kept is the whole profile with its defaults, so that a version means the same for ever.
    @Sendable private static func apply(_ call: Call) async throws -> ServerResponse {
        let name = try call.parameter("profile", as: ResourceName.self)
        let given = try await call.body(as: [String: JSONValue].self)
        let document: [String: JSONValue]
        do {
            document = try Profile(document: given).document()
        } catch let invalid as InvalidDocument {
            throw Problem.unprocessable(
                "bad-profile",
                """
                profile '\(name)' was not applied, for its document is not right: \
                \(invalid.problems.joined(separator: "; ")); mend it, or update the controller where a newer one knows \
                what this one does not
                """)
        }
        return try .json(
            try await call.services.store.applyProfile(
                name, document: document, digest: SHA256Hasher.digest(ofJSON: document), by: call.author))
    }

    @Sendable private static func remove(_ call: Call) async throws -> ServerResponse {
        try await call.services.store.removeProfile(call.parameter("profile", as: ResourceName.self), by: call.author)
        return .noContent
    }

    static let schemas: [String: Schema] = [
        "Profile": .object([
            "name": .name, "version": .integer, "digest": .string(), "document": .map(.any), "createdAt": .time,
        ]),
        "ProfileApplication": .object(["profile": .reference("Profile"), "changed": .boolean]),
    ]
}
