import FleetModel

/// `/openapi.json`, made from the routes themselves (https://spec.openapis.org/oas/v3.1.0).
enum OpenAPIDocument {
    static func make(routes: [Route], schemas: [String: Schema]) -> JSONValue {
        var paths: [String: [String: JSONValue]] = [:]
        for route in routes { paths[route.path, default: [:]][route.method.rawValue.lowercased()] = operation(route) }
        return .object([
            "openapi": .string("3.1.0"),
            "info": .object([
                "title": .string("virtfleet controller"), "version": .string("1"),
                "description": .string(
                    "Errors are application/problem+json (RFC 9457). Collections are paged: give `nextCursor` back as "
                        + "`?cursor=`. Over TCP every request needs the bearer token."),
            ]),
            "paths": .object(paths.mapValues(JSONValue.object)),
            "components": .object([
                "schemas": .object(schemas.mapValues(\.json)),
                "securitySchemes": .object([
                    "token": .object(["type": .string("http"), "scheme": .string("bearer")])
                ]),
            ]),
        ])
    }

    private static func operation(_ route: Route) -> JSONValue {
        var operation: [String: JSONValue] = [
            "summary": .string(route.summary),
            "responses": .object([
                String(route.success.status): answer(route.success.schema, "application/json", "Success"),
                "default": answer(.reference("Problem"), "application/problem+json", "What went wrong"),
            ]),
            "security": .array([.object(["token": .array([])]), .object([:])]),
        ]
        let parameters =
            route.segments.filter { $0.first == "{" }.map {
                parameter(String($0.dropFirst().dropLast()), in: "path", required: true, .string(), nil)
            } + route.query.map { parameter($0.name, in: "query", required: $0.required, $0.schema, $0.summary) }
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body = route.body {
            operation["requestBody"] = .object(["required": .bool(true), "content": content(body, "application/json")])
        }
        return .object(operation)
    }

    private static func parameter(
        _ name: String, in place: String, required: Bool, _ schema: Schema, _ summary: String?
    ) -> JSONValue {
        var members: [String: JSONValue] = [
            "name": .string(name), "in": .string(place), "required": .bool(required), "schema": schema.json,
        ]
        if let summary { members["description"] = .string(summary) }
        return .object(members)
    }

    private static func answer(_ schema: Schema?, _ type: String, _ description: String) -> JSONValue {
        var members: [String: JSONValue] = ["description": .string(description)]
        if let schema { members["content"] = content(schema, type) }
        return .object(members)
    }

    private static func content(_ schema: Schema, _ type: String) -> JSONValue {
        .object([type: .object(["schema": schema.json])])
    }
}
