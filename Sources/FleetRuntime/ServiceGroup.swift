import Glibc

/// Runs services until SIGTERM, SIGINT, the caller's cancellation or the end of one of them; then stops them in
/// reverse order, each within its time limit.
public struct ServiceGroup: Sendable {
    private let services: [any Service]
    private let stopLimit: Duration
    private let logger: Logger

    public init(_ services: [any Service], stopLimit: Duration = .seconds(10), logger: Logger) {
        self.services = services
        self.stopLimit = stopLimit
        self.logger = logger
    }

    private enum Ended: Sendable {
        case signal(Int32)
        case service(index: Int, error: (any Error)?)
        case cancelled
    }

    /// A service ended without having been asked to, and without an error.
    public struct EndedUnexpectedly: Error, Equatable, CustomStringConvertible {
        public let service: String
        public var description: String { "\(service) ended unexpectedly" }
    }

    /// - Throws: the error of the service that ended first, or `EndedUnexpectedly`, if it was not asked to end.
    public func run() async throws {
        let ended = Mailbox<Ended>(capacity: services.count + 8)
        let watch = TerminationSignals.watch { ended.send(.signal($0)) }
        defer { TerminationSignals.unwatch(watch) }

        let tasks = services.enumerated().map { index, service in
            Task {
                do {
                    try await service.run()
                    ended.send(.service(index: index, error: nil))
                } catch {
                    ended.send(.service(index: index, error: error is CancellationError ? nil : error))
                }
            }
        }
        let reason = await ended.next() ?? .cancelled
        var failure: (any Error)?
        switch reason {
        case .signal(let number): logger.notice("stopping on \(number == SIGTERM ? "SIGTERM" : "SIGINT")")
        case .cancelled: break
        case .service(let index, let error):
            failure = error ?? EndedUnexpectedly(service: services[index].name)
            logger.error("\(services[index].name) ended unexpectedly\(error.map { ": \($0)" } ?? ""); stopping")
        }
        // In a task that is not cancelled with the caller's: stopping takes its time either way.
        await Task {
            for (service, task) in zip(services, tasks).reversed() { await stop(service, task) }
        }.value
        if let failure { throw failure }
    }

    private func stop(_ service: any Service, _ task: Task<Void, Never>) async {
        task.cancel()
        let done = Mailbox<Bool>(capacity: 2)
        let waiter = Task {
            await task.value
            done.send(true)
        }
        let timer = Task {
            try? await Task.sleep(for: stopLimit)
            done.send(false)
        }
        if await done.next() == false {
            logger.error("\(service.name) did not stop within \(stopLimit); going on without it")
        }
        timer.cancel()
        waiter.cancel()
    }
}
