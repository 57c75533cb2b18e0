import FleetModel

/// One operation of the API: what it answers to, what its document says of it, and what it does.
struct Route: Sendable {
    struct Parameter: Sendable {
        let name: String
        let summary: String
        let schema: Schema
        var required = false
    }

    let method: ServerRequest.Method
    /// Literal segments and `{parameters}`: `/api/v1/hosts/{host}`.
    let path: String
    let summary: String
    let query: [Parameter]
    /// The request's document; nil when it takes none.
    let body: Schema?
    /// The status of success and its document; nil for an answer that is not JSON.
    let success: (status: Int, schema: Schema?)
    let handle: @Sendable (Call) async throws -> ServerResponse
    let segments: [Substring]

    init(
        _ method: ServerRequest.Method, _ path: String, _ summary: String, query: [Parameter] = [], body: Schema? = nil,
        success: (status: Int, schema: Schema?), handle: @escaping @Sendable (Call) async throws -> ServerResponse
    ) {
        self.method = method
        self.path = path
        self.summary = summary
        self.query = query
        self.body = body
        self.success = success
        self.handle = handle
        segments = path.split(separator: "/")
    }

    /// The path's parameters, when a request's path has this route's form.
    func match(_ path: [String]) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (pattern, segment) in zip(segments, path) {
            if pattern.first == "{" {
                parameters[String(pattern.dropFirst().dropLast())] = segment
            } else if pattern != segment {
                return nil
            }
        }
        return parameters
    }
}
