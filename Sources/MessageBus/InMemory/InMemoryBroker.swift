import FleetRuntime
import Synchronization

/// A broker without a network, for tests and simulations: retained messages, sessions, wills with delay on an injected
/// clock, and faults from a seed.
public final class InMemoryBroker: Sendable {
    public static let queueLimit = 100_000

    struct State {
        var running = true
        var sessions: [String: InMemorySession] = [:]
        var retained: [String: InMemorySession.Stored] = [:]
        var partitioned: Set<String> = []
        var faults: InMemoryFaults
        var generator: SeededGenerator
    }

    let time: any TimeSource
    /// Whether a client that another one replaces is told 0x8E (mosquitto does from 2.0.15 on).
    private let tellsTakeover: Bool
    private let state: Mutex<State>

    public init(
        time: any TimeSource = SystemTimeSource(), seed: UInt64 = 1, faults: InMemoryFaults = InMemoryFaults(),
        tellsTakeover: Bool = true
    ) {
        self.time = time
        self.tellsTakeover = tellsTakeover
        state = Mutex(State(faults: faults, generator: SeededGenerator(seed: seed)))
    }

    // MARK: - For tests

    public var faults: InMemoryFaults {
        get { state.withLock(\.faults) }
        set { state.withLock { $0.faults = newValue } }
    }

    /// The retained message of a topic.
    public func retained(_ topic: String) -> BusMessage? {
        state.withLock { $0.retained[topic]?.current(at: time.monotonic()) }
    }

    /// Whether somebody connected has asked for this topic.
    public func isHeard(_ topic: String) -> Bool {
        let probe = BusMessage(topic: topic, payload: [])
        return state.withLock { state in
            state.sessions.values.contains { $0.link != nil && $0.qos(for: probe) != nil }
        }
    }

    /// Cuts a client off, or lets it in again. The broker notices at once, as if the keep-alive had passed.
    public func setPartitioned(_ partitioned: Bool, clientID: String) {
        update { state in
            if partitioned {
                state.partitioned.insert(clientID)
                lose(clientID, reason: "the network is partitioned", in: &state)
            } else {
                state.partitioned.remove(clientID)
            }
        }
    }

    /// The broker dies: every connection breaks and no will is published; what it keeps survives.
    public func kill() {
        state.withLock { state in
            state.running = false
            for clientID in state.sessions.keys {
                state.sessions[clientID]?.link?.lost.send(.broken(reason: "the broker died", reasonCode: nil))
                state.sessions[clientID]?.link = nil
                state.sessions[clientID]?.will = nil
                state.sessions[clientID]?.generation += 1
            }
        }
    }

    public func start() { state.withLock { $0.running = true } }

    /// Forgets sessions and retained messages; for a broker that is dead.
    public func wipe() {
        state.withLock { state in
            state.sessions = [:]
            state.retained = [:]
        }
    }

    // MARK: - For InMemoryBus

    func seed() -> UInt64 { state.withLock { $0.generator.next() } }

    /// - Returns: why there is no connection; nil when there is.
    func attach(
        _ link: InMemoryLink, clientID: String, cleanStart: Bool, sessionExpiry: Duration, attempt: ConnectionAttempt,
        subscriptions: [InMemorySession.Subscription]
    ) -> String? {
        update { state in
            guard state.running else { return "the broker is down" }
            guard !state.partitioned.contains(clientID) else { return "the network is partitioned" }
            if let old = state.sessions[clientID]?.link {
                old.lost.send(.broken(reason: "session taken over", reasonCode: tellsTakeover ? 0x8E : nil))
                if state.sessions[clientID]?.will?.delay == .zero { publishWill(of: clientID, in: &state) }
            }
            if cleanStart { end(clientID, in: &state) }
            let present = state.sessions[clientID] != nil
            var session = state.sessions[clientID] ?? InMemorySession(expiry: sessionExpiry)
            session.link = link
            session.expiry = sessionExpiry
            session.will = attempt.will.map {
                .init(message: $0, delay: .seconds(Int64(attempt.willDelaySeconds)))
            }
            session.generation += 1
            let queue = session.queue
            session.queue = []
            state.sessions[clientID] = session
            link.connected(link, present)
            for stored in queue { if let message = stored.current(at: time.monotonic()) { link.deliver(message) } }
            for subscription in subscriptions { add(subscription, to: clientID, in: &state) }
            return nil
        }
    }

    /// - Returns: false when the link is no longer the client's.
    func subscribe(_ subscription: InMemorySession.Subscription, over link: InMemoryLink, clientID: String) -> Bool {
        update { state in
            guard state.sessions[clientID]?.link === link else { return false }
            add(subscription, to: clientID, in: &state)
            return true
        }
    }

    /// - Returns: false when the link is no longer the client's.
    func publish(_ message: BusMessage, over link: InMemoryLink, clientID: String) -> Bool {
        update { state in
            guard state.sessions[clientID]?.link === link else { return false }
            route(message, in: &state)
            return true
        }
    }

    /// A normal disconnection: no will.
    func detach(_ link: InMemoryLink, clientID: String) {
        update { state in
            guard state.sessions[clientID]?.link === link else { return }
            state.sessions[clientID]?.will = nil
            lose(clientID, reason: "disconnected", in: &state)
        }
    }

    private func update<Result>(_ body: (inout State) -> Result) -> Result { state.withLock { body(&$0) } }
}

// What happens inside the lock.
extension InMemoryBroker {
    private func add(_ subscription: InMemorySession.Subscription, to clientID: String, in state: inout State) {
        state.sessions[clientID]?.subscriptions.removeAll { $0.filter == subscription.filter }
        state.sessions[clientID]?.subscriptions.append(subscription)
        for (topic, stored) in state.retained.sorted(by: { $0.key < $1.key })
        where subscription.filter.matches(topic) {
            guard var message = stored.current(at: time.monotonic()) else { continue }
            message.qos = QoS(rawValue: min(message.qos.rawValue, subscription.qos.rawValue)) ?? .atMostOnce
            deliver(message, to: clientID, in: &state)
        }
    }

    private func route(_ message: BusMessage, in state: inout State) {
        let now = time.monotonic()
        if message.retain {
            state.retained[message.topic] = message.payload.isEmpty ? nil : .init(message, now: now)
        }
        for clientID in state.sessions.keys.sorted() {
            guard let session = state.sessions[clientID], let qos = session.qos(for: message) else { continue }
            var copy = message
            copy.qos = qos
            copy.retain = false
            if session.link != nil {
                deliver(copy, to: clientID, in: &state)
            } else if qos == .atLeastOnce, session.queue.count < Self.queueLimit {
                state.sessions[clientID]?.queue.append(.init(copy, now: now))
            }
        }
    }

    private func deliver(_ message: BusMessage, to clientID: String, in state: inout State) {
        guard let link = state.sessions[clientID]?.link else { return }
        func happens(_ probability: Double) -> Bool {
            probability > 0 && Double.random(in: 0..<1, using: &state.generator) < probability
        }
        if happens(state.faults.drop) { return }
        if state.sessions[clientID]?.held == nil, happens(state.faults.reorder) {
            state.sessions[clientID]?.held = message
            after(.milliseconds(100), clientID, in: state) { broker, state in broker.release(clientID, in: &state) }
            return
        }
        link.deliver(message)
        if happens(state.faults.duplicate) { link.deliver(message) }
        release(clientID, in: &state)
    }

    private func release(_ clientID: String, in state: inout State) {
        guard let held = state.sessions[clientID]?.held else { return }
        state.sessions[clientID]?.held = nil
        state.sessions[clientID]?.link?.deliver(held)
    }

    private func lose(_ clientID: String, reason: String, in state: inout State) {
        guard let session = state.sessions[clientID], let link = session.link else { return }
        link.lost.send(.broken(reason: reason, reasonCode: nil))
        state.sessions[clientID]?.link = nil
        state.sessions[clientID]?.held = nil
        state.sessions[clientID]?.generation += 1
        guard session.expiry > .zero else { return end(clientID, in: &state) }
        after(session.expiry, clientID, in: state) { broker, state in broker.end(clientID, in: &state) }
        guard let will = session.will else { return }
        if will.delay == .zero {
            publishWill(of: clientID, in: &state)
        } else {
            after(will.delay, clientID, in: state) { broker, state in broker.publishWill(of: clientID, in: &state) }
        }
    }

    /// The session is over, and its will due at the latest.
    private func end(_ clientID: String, in state: inout State) {
        publishWill(of: clientID, in: &state)
        state.sessions[clientID] = nil
    }

    private func publishWill(of clientID: String, in state: inout State) {
        guard let will = state.sessions[clientID]?.will else { return }
        state.sessions[clientID]?.will = nil
        route(will.message, in: &state)
    }

    /// Does it later, unless the client has connected or been lost again meanwhile.
    private func after(
        _ delay: Duration, _ clientID: String, in state: State,
        _ body: @escaping @Sendable (InMemoryBroker, inout State) -> Void
    ) {
        let generation = state.sessions[clientID]?.generation
        Task { [weak self, time] in
            try await time.sleep(for: delay)
            self?.update { [self] state in
                guard let self, state.sessions[clientID]?.generation == generation else { return }
                body(self, &state)
            }
        }
    }
}
