import FleetRuntime
import Synchronization

/// A `Bus` on an `InMemoryBroker`.
public final class InMemoryBus: Bus {
    private struct State {
        var link: InMemoryLink?
        var subscriptions: [InMemorySession.Subscription] = []
        var statistics = BusStatistics()
        var runner: Task<Void, Never>?
        var prepare: (@Sendable () -> ConnectionAttempt)?
        var lastReason: String?
        /// Of the newest connection.
        var sessionPresent = false
    }

    public let events: Mailbox<BusEvent>
    private let broker: InMemoryBroker
    private let clientID: String
    private let cleanStart: Bool
    private let sessionExpiry: Duration
    private let limits: BusLimits
    private let policy: ReconnectPolicy
    private let state = Mutex(State())

    public init(
        _ broker: InMemoryBroker, clientID: String, cleanStart: Bool = false, sessionExpiry: Duration = .seconds(120),
        limits: BusLimits = BusLimits(), reconnect: ReconnectPolicy = ReconnectPolicy()
    ) {
        self.broker = broker
        self.clientID = clientID
        self.cleanStart = cleanStart
        self.sessionExpiry = sessionExpiry
        self.limits = limits
        policy = reconnect
        events = .bus(limits: limits)
    }

    public func connect(prepare: @escaping @Sendable () -> ConnectionAttempt) async {
        state.withLock { state in
            guard state.prepare == nil else { return }
            state.prepare = prepare
            state.runner = Task { await self.run(prepare) }
        }
    }

    public func subscribe(_ filter: String, qos: QoS) async throws(BusError) {
        guard let parsed = TopicFilter(filter) else { throw .invalid("subscribe to '\(filter)'") }
        let subscription = InMemorySession.Subscription(filter: parsed, qos: qos)
        let link = state.withLock { state in
            state.subscriptions.removeAll { $0.filter == parsed }
            state.subscriptions.append(subscription)
            return state.link
        }
        // Without a connection, or when it breaks meanwhile, the subscription is made at the next one.
        if let link { _ = broker.subscribe(subscription, over: link, clientID: clientID) }
    }

    public func publish(_ message: BusMessage) async throws(BusError) {
        guard let link = state.withLock(\.link) else { throw .notConnected }
        guard message.payload.count <= limits.payloadBytes else {
            throw .invalid("a payload of \(message.payload.count) bytes on \(message.topic)")
        }
        guard !message.topic.isEmpty, !message.topic.contains(where: { $0 == "+" || $0 == "#" }) else {
            throw .invalid("publish on '\(message.topic)'")
        }
        guard broker.publish(message, over: link, clientID: clientID) else { throw .connectionLost }
        state.withLock { $0.statistics.published += 1 }
    }

    public func reportTwin(evidence: String) {
        guard let link = state.withLock(\.link) else { return }
        link.lost.send(.twinReported(evidence))
        broker.detach(link, clientID: clientID)
    }

    public func suspend() async {
        let runner = state.withLock(\.runner)
        runner?.cancel()
        await runner?.value
        report("disconnected as asked")
    }

    public func resume() {
        state.withLock { state in
            guard state.runner?.isCancelled == true, let prepare = state.prepare else { return }
            state.runner = Task { await self.run(prepare) }
        }
    }

    public func disconnect() async {
        let runner = state.withLock(\.runner)
        runner?.cancel()
        await runner?.value
        events.finish()
    }

    public var statistics: BusStatistics { state.withLock(\.statistics) }

    private func run(_ prepare: @Sendable () -> ConnectionAttempt) async {
        var reconnection = Reconnection(policy: policy)
        var generator = SeededGenerator(seed: broker.seed())
        while !Task.isCancelled {
            let decision: Reconnection.Decision
            switch await connection(prepare()) {
            case .none: return
            case .some((let lifetime, .broken(let reason, let code))):
                report(reason)
                let brokerForgot = !cleanStart && !state.withLock(\.sessionPresent)
                decision = reconnection.lost(
                    after: lifetime, brokerForgot: brokerForgot, reasonCode: code, using: &generator)
            case .some((_, .twinReported(let evidence))):
                report("disconnected for a twin")
                decision = reconnection.reported(evidence, using: &generator)
            }
            switch decision {
            case .retry(let delay): try? await broker.time.sleep(for: delay)
            case .twin(let evidence, let delay):
                events.send(.twin(evidence: evidence), exempt: true)
                try? await broker.time.sleep(for: delay)
            }
        }
    }

    /// One connection, from its making to its end.
    /// - Returns: how long it stood, nil when it was not made, and why it ended; nil when the bus was told to stop.
    private func connection(_ attempt: ConnectionAttempt) async -> (lifetime: Duration?, loss: InMemoryLink.Loss)? {
        let link = InMemoryLink(
            connected: { [weak self] link, present in self?.connected(link, present) },
            deliver: { [weak self] in self?.deliver($0) })
        let subscriptions = state.withLock(\.subscriptions)
        let refusal = broker.attach(
            link, clientID: clientID, cleanStart: cleanStart, sessionExpiry: sessionExpiry, attempt: attempt,
            subscriptions: subscriptions)
        if let refusal { return (nil, .broken(reason: refusal, reasonCode: nil)) }
        // Those that came while the others were being made.
        for subscription in state.withLock(\.subscriptions) where !subscriptions.contains(subscription) {
            _ = broker.subscribe(subscription, over: link, clientID: clientID)
        }
        let since = broker.time.monotonic()
        let loss = await link.lost.next()
        state.withLock { $0.link = nil }
        guard let loss else {
            broker.detach(link, clientID: clientID)
            return nil
        }
        return (broker.time.monotonic() - since, loss)
    }

    private func connected(_ link: InMemoryLink, _ sessionPresent: Bool) {
        state.withLock { state in
            state.link = link
            state.sessionPresent = sessionPresent
            state.lastReason = nil
            state.statistics.connections += 1
        }
        events.send(.connected(sessionPresent: sessionPresent), exempt: true)
    }

    private func deliver(_ message: BusMessage) {
        let oversized = message.payload.count > limits.payloadBytes
        let taken = events.send(
            oversized ? .oversized(topic: message.topic, bytes: message.payload.count) : .message(message))
        state.withLock { state in
            if oversized { state.statistics.oversized += 1 } else { state.statistics.received += 1 }
            if !taken { state.statistics.dropped += 1 }
        }
    }

    private func report(_ reason: String) {
        let new = state.withLock { state in
            defer { state.lastReason = reason }
            return state.lastReason != reason
        }
        if new { events.send(.disconnected(reason: reason), exempt: true) }
    }
}
