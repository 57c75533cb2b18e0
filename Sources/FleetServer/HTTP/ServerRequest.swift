import FleetModel
import FoundationEssentials
import Glibc

/// One HTTP request, parsed at the edge: what reaches a handler has a known method and well-formed escapes.
public struct ServerRequest: Sendable {
    public enum Method: String, CaseIterable, Sendable {
        case get = "GET"
        case head = "HEAD"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"

        /// Whether it asks for a change.
        var writes: Bool { self != .get && self != .head }
    }

    public let method: Method
    /// The path's segments, percent-decoded; `/` is empty.
    public let segments: [String]
    /// Percent-decoded; the first of a name counts.
    public let query: [String: String]
    /// By lowercase name; repeated ones are joined by a comma.
    public let headers: [String: String]
    public let body: RequestBody
    /// Who sent it.
    public let peer: Peer

    /// - Parameters:
    ///   - target: path and query as they stand in the request line.
    ///   - peer: this process itself, unless it came over a connection.
    public init(
        _ method: Method, _ target: String, headers: [String: String] = [:], body: RequestBody = .empty,
        peer: Peer = .user(geteuid())
    ) throws(Problem) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let items = parts.count == 2 ? parts[1].split(separator: "&") : []
        try self.init(
            method, path: String(parts[0]),
            query: items.map { item in
                let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return (String(pair[0]), pair.count == 2 ? String(pair[1]) : "")
            }, headers: headers, body: body, peer: peer)
    }

    /// - Parameters:
    ///   - path: still percent-encoded.
    ///   - query: still percent-encoded, in order.
    init(
        _ method: Method, path: String, query: [(name: String, value: String)], headers: [String: String],
        body: RequestBody, peer: Peer
    ) throws(Problem) {
        self.method = method
        var segments: [String] = []
        for segment in path.split(separator: "/") { segments.append(try Self.decode(String(segment))) }
        self.segments = segments
        var parameters: [String: String] = [:]
        for (name, value) in query.reversed() { parameters[try Self.decode(name)] = try Self.decode(value) }
        self.query = parameters
        var lowercase: [String: String] = [:]
        for (name, value) in headers { lowercase[name.lowercased()] = value }
        self.headers = lowercase
        self.body = body
        self.peer = peer
    }

    private static func decode(_ text: String) throws(Problem) -> String {
        guard let decoded = PercentEncoding.decode(text) else {
            throw Problem(
                status: 400, code: "bad-escape", title: "Malformed percent-escape",
                detail: "'\(text.prefix(80))' in the request target is not well-formed percent-encoded UTF-8")
        }
        return decoded
    }
}
