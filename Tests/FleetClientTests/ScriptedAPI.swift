import FleetClient
import FleetModel
import FleetTestSupport
import FoundationEssentials

/// A controller that a test plays, on a Unix socket.
struct ScriptedAPI {
    let server: ScriptedHTTPServer
    let client: FleetClient
    private let directory: TemporaryDirectory

    init(handler: @escaping ScriptedHTTPServer.Handler) throws {
        directory = try TemporaryDirectory()
        let path = directory.file("api.sock")
        server = try ScriptedHTTPServer(.unixSocket(path), handler: handler)
        guard let address = ControllerAddress("unix:" + path) else { throw CocoaError(.fileNoSuchFile) }
        client = FleetClient(address: address, time: ImpatientTime())
    }
}

extension ScriptedHTTPServer.Request {
    var query: [String: String] {
        let pairs = target.split(separator: "?", maxSplits: 1).dropFirst().first?.split(separator: "&") ?? []
        return Dictionary(
            pairs.map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1)
                return (String(parts[0]), String(parts.last ?? ""))
            }, uniquingKeysWith: { $1 })
    }
}

extension HTTPExchange {
    func respond(json value: some Encodable, status: Int = 200) {
        respond(status, [("Content-Type", "application/json")], body: Array((try? FleetJSON.encode(value)) ?? Data()))
    }

    func respond(_ problem: Problem) { respond(json: problem, status: problem.status) }
}
