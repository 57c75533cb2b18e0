import FleetClient
import FleetModel
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Synchronization

/// A controller that a test plays on a Unix socket, and the built program that talks to it.
final class FakeController: Sendable {
    typealias Answer = @Sendable (ScriptedHTTPServer.Request, HTTPExchange) -> Void

    let directory: TemporaryDirectory
    private let server: ScriptedHTTPServer
    private let socket: String

    /// - Parameter answers: by method and path below `/api/v1`; a path that ends in `*` takes all that begin with it.
    init(_ answers: [String: Answer]) throws {
        directory = try TemporaryDirectory()
        socket = directory.file("api.sock")
        server = try ScriptedHTTPServer(.unixSocket(socket)) { request, exchange in
            let key = request.method + " " + request.path.dropFirst("/api/v1".count)
            let prefix = answers.keys.filter { $0.hasSuffix("*") && key.hasPrefix($0.dropLast()) }.max {
                $0.count < $1.count
            }
            guard let answer = answers[key] ?? prefix.flatMap({ answers[$0] }) else {
                return exchange.respond(
                    problem: Problem(status: 404, code: "not-found", title: "Not found", detail: "there is no \(key)"))
            }
            answer(request, exchange)
        }
    }

    var requests: [ScriptedHTTPServer.Request] { server.requests }

    func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> Subprocess.Output {
        try await run(arguments, environment: environment)
    }

    func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Subprocess.Output {
        try await Subprocess.run(
            try BuiltProgram.path("virtfleet"), arguments,
            environment: ["VIRTFLEET_CONTROLLER": "unix:\(socket)", "TZ": "UTC"].merging(environment) { $1 },
            timeout: .seconds(30))
    }
}

extension HTTPExchange {
    func respond(json value: some Encodable, status: Int = 200) {
        respond(status, [("Content-Type", "application/json")], body: Array((try? FleetJSON.encode(value)) ?? Data()))
    }

    func respond(problem: Problem) { respond(json: problem, status: problem.status) }

    func respond<Item: Codable & Sendable>(page items: [Item]) { respond(json: Page(items: items)) }
}
