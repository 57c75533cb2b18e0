import FleetTestSupport
import MessageBus
import Synchronization
import Testing

/// A broker and the wires to it: what the conformance suite needs of an implementation.
protocol BusWorld: Sendable {
    func bus(_ clientID: String, sessionExpiry: Duration, limits: BusLimits, reconnect: ReconnectPolicy) -> any Bus
    /// Cuts one client off without a word, or lets it in again.
    func setCut(_ cut: Bool, clientID: String)
    func killBroker() async
    func restartBroker() async throws
}

extension BusWorld {
    func bus(
        _ clientID: String, sessionExpiry: Duration = .seconds(120), limits: BusLimits = BusLimits(),
        twinInterval: Duration = .seconds(900)
    ) -> any Bus {
        bus(
            clientID, sessionExpiry: sessionExpiry, limits: limits,
            reconnect: ReconnectPolicy(
                base: .milliseconds(20), cap: .milliseconds(100), twinInterval: twinInterval))
    }

    /// A bus that is connected, with its `connected` event taken.
    func connected(
        _ clientID: String, to filters: String..., sessionExpiry: Duration = .seconds(120),
        limits: BusLimits = BusLimits(), will: BusMessage? = nil
    ) async throws -> any Bus {
        let bus = bus(clientID, sessionExpiry: sessionExpiry, limits: limits)
        for filter in filters { try await bus.subscribe(filter, qos: .atLeastOnce) }
        await bus.connect { ConnectionAttempt(will: will, willDelaySeconds: 0) }
        _ = try await bus.untilConnected()
        return bus
    }
}

/// The implementations that the conformance suite runs on.
enum Implementation: CaseIterable, CustomTestStringConvertible {
    case mosquitto, inMemory

    func world() async throws -> any BusWorld {
        switch self {
        case .mosquitto: try await MosquittoWorld()
        case .inMemory: InMemoryWorld()
        }
    }

    var testDescription: String {
        switch self {
        case .mosquitto: "mosquitto"
        case .inMemory: "in memory"
        }
    }
}

final class MosquittoWorld: BusWorld {
    let broker: MosquittoBroker
    /// Each client's own wire.
    private let relays = Mutex<[String: TCPRelay]>([:])

    init(_ settings: MosquittoBroker.Settings = .init()) async throws { broker = try await MosquittoBroker(settings) }

    deinit { relays.withLock { for relay in $0.values { relay.close() } } }

    func relay(_ clientID: String) -> TCPRelay {
        relays.withLock { relays in
            if let relay = relays[clientID] { return relay }
            guard let relay = try? TCPRelay(to: broker.port) else { preconditionFailure("no port for a relay") }
            relays[clientID] = relay
            return relay
        }
    }

    func bus(_ clientID: String, sessionExpiry: Duration, limits: BusLimits, reconnect: ReconnectPolicy) -> any Bus {
        MosquittoBus(
            MosquittoConfiguration(
                host: "127.0.0.1", port: relay(clientID).port, clientID: clientID, sessionExpiry: sessionExpiry,
                limits: limits, reconnect: reconnect))
    }

    func setCut(_ cut: Bool, clientID: String) { relay(clientID).setCut(cut) }
    func killBroker() async { await broker.kill() }
    func restartBroker() async throws { try await broker.restart() }
}

final class InMemoryWorld: BusWorld {
    let broker: InMemoryBroker

    init(_ broker: InMemoryBroker = InMemoryBroker()) { self.broker = broker }

    func bus(_ clientID: String, sessionExpiry: Duration, limits: BusLimits, reconnect: ReconnectPolicy) -> any Bus {
        InMemoryBus(
            broker, clientID: clientID, sessionExpiry: sessionExpiry, limits: limits, reconnect: reconnect)
    }

    func setCut(_ cut: Bool, clientID: String) { broker.setPartitioned(cut, clientID: clientID) }
    func killBroker() async { broker.kill() }
    func restartBroker() async throws { broker.start() }
}

struct EventsEnded: Error {}

extension Bus {
    /// Takes events until one is picked.
    func next<Picked>(_ pick: (BusEvent) -> Picked?) async throws -> Picked {
        while let event = await events.next() { if let picked = pick(event) { return picked } }
        throw EventsEnded()
    }

    func untilConnected() async throws -> Bool {
        try await next { if case .connected(let sessionPresent) = $0 { sessionPresent } else { nil } }
    }

    func untilDisconnected() async throws -> String {
        try await next { if case .disconnected(let reason) = $0 { reason } else { nil } }
    }

    func untilTwin() async throws -> String {
        try await next { if case .twin(let evidence) = $0 { evidence } else { nil } }
    }

    func nextMessage() async throws -> BusMessage {
        try await next { if case .message(let message) = $0 { message } else { nil } }
    }

    func publish(_ topic: String, _ text: String, retain: Bool = false) async throws {
        try await publish(BusMessage(topic: topic, payload: Array(text.utf8), retain: retain))
    }
}

extension BusMessage {
    var text: String { String(decoding: payload, as: UTF8.self) }
}

/// Waits until something that other tasks do is so.
func until(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(5)) }
}
