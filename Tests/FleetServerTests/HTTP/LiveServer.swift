import FleetModel
import FleetRuntime
import FleetServer
import FleetTestSupport
import Testing

let quiet = Logger(label: "test") { _, _ in }

/// Runs a server on a free port of the loopback, or another address, for as long as the body runs; then stops it.
func withServer<Result>(
    _ address: ListenAddress = .tcp(address: "127.0.0.1", port: 0), limits: HTTPServer.Limits = .init(),
    metrics: MetricsRegistry = MetricsRegistry(), handler: @escaping RequestHandler,
    _ body: (UInt16) async throws -> Result
) async throws -> Result {
    let socket = try ListenSocket(address)
    let server = HTTPServer(
        name: "test", socket: socket, limits: limits, logger: quiet, metrics: metrics, handler: handler)
    let running = Task { try await server.run() }
    do {
        let result = try await body(socket.port ?? 0)
        running.cancel()
        try await running.value
        return result
    } catch {
        running.cancel()
        try await running.value
        throw error
    }
}
