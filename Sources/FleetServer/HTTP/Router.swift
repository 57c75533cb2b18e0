import FleetModel

/// Finds the route of a request and runs it.
struct Router: Sendable {
    private let routes: [Route]
    private let services: APIServices

    init(_ routes: [Route], services: APIServices) {
        self.routes = routes
        self.services = services
    }

    func handle(_ request: ServerRequest) async throws -> ServerResponse {
        // A HEAD is a GET whose body is not sent.
        let method = request.method == .head ? .get : request.method
        var allowed: [String] = []
        for route in routes {
            guard let parameters = route.match(request.segments) else { continue }
            if route.method == method {
                return try await route.handle(Call(request: request, parameters: parameters, services: services))
            }
            allowed.append(route.method.rawValue)
        }
        let path = "/" + request.segments.joined(separator: "/")
        guard !allowed.isEmpty else {
            throw Problem.notFound("there is nothing at \(path); /openapi.json lists what there is")
        }
        var response = Problem(
            status: 405, code: "method-not-allowed", title: "Method not allowed",
            detail: "\(path) does not take \(request.method.rawValue), only \(allowed.joined(separator: ", "))"
        ).response
        response.headers["Allow"] = allowed.joined(separator: ", ")
        return response
    }
}
