import FleetModel
import Signing

/// Who may use the API. The Unix socket's permissions are its own answer; over TCP a request must name this machine's
/// loopback in `Host`, so that no web page can be made to reach it under a name of its own (DNS rebinding), and
/// present the bearer token.
struct APIAccess: Sendable {
    /// Of the token; nil when there is no TCP listener.
    private let tokenHash: String?

    init(token: String?) { tokenHash = token.map(Self.hash) }

    /// Tokens are compared by hash: neither content nor length shows in the time it takes.
    static func hash(_ token: String) -> String { SHA256Hasher.digest(of: Array(token.utf8)).description }

    /// The token of an `Authorization: Bearer` header.
    static func bearer(_ request: ServerRequest) -> String? {
        guard let header = request.headers["authorization"] else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    func check(_ request: ServerRequest) -> ServerResponse? {
        guard case .network = request.peer else { return nil }
        guard let host = request.headers["host"], Self.isLoopback(host) else {
            return Problem(
                status: 421, code: "misdirected", title: "Misdirected request",
                detail: "this address answers only as localhost, 127.0.0.1 or [::1]"
            ).response
        }
        guard let tokenHash, let token = Self.bearer(request), SecureRandom.isEqual(Self.hash(token), tokenHash) else {
            return Self.unauthorized("send the controller's API token as 'Authorization: Bearer TOKEN'")
        }
        return nil
    }

    static func unauthorized(_ detail: String) -> ServerResponse {
        var response = Problem(status: 401, code: "unauthorized", title: "Unauthorized", detail: detail).response
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    }

    /// The port does not count: an ssh forward changes it.
    private static func isLoopback(_ host: String) -> Bool {
        let name = host.hasPrefix("[") ? host.prefix { $0 != "]" } + "]" : host.prefix { $0 != ":" }
        let rest = host.dropFirst(name.count)
        guard rest.isEmpty || (rest.first == ":" && UInt16(rest.dropFirst()) != nil) else { return false }
        return ["localhost", "127.0.0.1", "[::1]"].contains(name.lowercased())
    }
}
