import FleetModel
import FleetRuntime

/// Serves HTTP/1.1 on one listening socket. Every request is a task of `run`; stopping refuses new requests, cancels
/// those under way, gives their answers a moment to leave, and cuts the rest.
public struct HTTPServer: Service {
    public struct Limits: Sendable {
        /// Connections at a time; more wait in the kernel's backlog.
        public var connections = 256
        /// A connection on which nothing moves for this long is closed; so is one whose client takes no data.
        public var idleSeconds = 30
        /// Memory of a connection, and so the longest head of a request.
        public var connectionBytes = 32 << 10
        public init() {}
    }

    public let name: String
    private let socket: ListenSocket
    private let limits: Limits
    private let logger: Logger
    private let metrics: MetricsRegistry
    private let handler: RequestHandler

    public init(
        name: String, socket: ListenSocket, limits: Limits = Limits(), logger: Logger, metrics: MetricsRegistry,
        handler: @escaping RequestHandler
    ) {
        self.name = name
        self.socket = socket
        self.limits = limits
        self.logger = logger
        self.metrics = metrics
        self.handler = handler
    }

    public func run() async throws {
        let daemon = try MicroHTTPDaemon(socket, limits: limits)
        logger.with("address", socket.port.map { "port \($0)" } ?? socket.address.description).info("listening")
        await withDiscardingTaskGroup { group in
            for await exchange in daemon.incoming { group.addTask { await serve(exchange) } }
            daemon.refuseMore()
        }
        // Tasks of their own, because this one is cancelled by now.
        let idle = Task { await daemon.untilIdle() }
        let limit = Task {
            try? await Task.sleep(for: .seconds(1))
            idle.cancel()
        }
        await idle.value
        limit.cancel()
        await Stopper().stop(daemon)
    }

    private func serve(_ exchange: Exchange) async {
        let response: ServerResponse
        do {
            response = try await handler(exchange.request())
        } catch {
            let problem = Problem(describing: error)
            if problem.status == 500 { logger.error("a request failed: \(error)") }
            response = problem.response
        }
        metrics.counter(
            "virtfleet_http_requests_total", help: "Answered HTTP requests.",
            labels: [("server", name), ("status", String(response.status))]
        ).increment()
        exchange.answer(response)
        guard case .stream(let body) = response.body, !exchange.isHeadRequest else { return }
        do {
            try await body(ResponseWriter { try await exchange.write($0) })
            exchange.finish(.complete)
        } catch {
            exchange.finish(.failed)
        }
    }
}

/// MHD_stop_daemon waits for libmicrohttpd's thread.
private actor Stopper {
    private let thread = ThreadExecutor(name: "http-stop")
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
    func stop(_ daemon: MicroHTTPDaemon) { daemon.stop() }
}
