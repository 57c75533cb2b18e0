import FleetModel
import FleetRuntime
import FleetServer
import FleetStore
import FleetTestSupport
import FoundationEssentials
import MessageBus
import Signing

/// A store, an in-memory broker and the services of a controller between them, on a clock that the test moves.
final class ControllerFixture: Sendable {
    let time = ManualTimeSource()
    let broker: InMemoryBroker
    let bus: InMemoryBus
    let store: FleetStore
    let metrics = MetricsRegistry()
    let keys: ControllerKeys
    let directory: String
    private let temporary: TemporaryDirectory
    private let logger = Logger(label: "test", level: .error, sink: { _, _ in })

    /// - Parameter directory: where the databases shall be; a temporary one when nil.
    init(directory: String? = nil, limits: BusLimits = BusLimits(queuedEvents: 65_536)) throws {
        temporary = try TemporaryDirectory()
        self.directory = directory ?? temporary.path
        broker = InMemoryBroker(time: time)
        bus = InMemoryBus(broker, clientID: "controller", limits: limits)
        keys = try ControllerKeys(path: self.directory + "/signing.pem")
        store = try FleetStore(
            directory: self.directory, fleet: FleetName("test")!, time: time, logger: logger)
    }

    /// Runs ingest and job publication while the body runs.
    func running(_ body: () async throws -> Void) async throws {
        await bus.connect { ConnectionAttempt(will: nil) }
        let services: [any Service] = [
            Ingest(bus: bus, store: store, time: time, metrics: metrics, logger: logger),
            JobPublisher(bus: bus, store: store, keys: keys, time: time, logger: logger),
            DesiredPublisher(bus: bus, store: store, keys: keys, time: time, logger: logger),
        ]
        let tasks = services.map { service in Task { try await service.run() } }
        do {
            // What is sent before somebody listens is lost, as with any broker.
            let anyHost = HostID.random()
            _ = try await FleetTestSupport.eventually {
                [Topic.stream(anyHost), .presence(anyHost)].allSatisfy { broker.isHeard($0.name(in: store.fleet)) }
            }
            try await body()
        } catch {
            for task in tasks { task.cancel() }
            throw error
        }
        for task in tasks { task.cancel() }
        for task in tasks { _ = await task.result }
        await bus.disconnect()
    }

    func host(_ name: String) async throws -> HostID {
        try await store.addHost(
            ResourceName(name)!, busPasswordHash: "", imageTokenHash: "", keys: keys.current.verifyingKeys,
            by: "tester"
        ).id
    }

    /// A connected client, as an agent is one.
    func client(_ id: String = "agent", limits: BusLimits = BusLimits()) async throws -> InMemoryBus {
        let client = InMemoryBus(broker, clientID: id, limits: limits)
        await client.connect { ConnectionAttempt(will: nil) }
        for await event in client.events { if case .connected = event { break } }
        return client
    }

    func retained<Value: Decodable>(_ type: Value.Type, _ topic: Topic) -> Value? {
        broker.retained(topic.name(in: store.fleet)).flatMap { try? FleetJSON.decode(type, from: Data($0.payload)) }
    }

    /// Lets time pass, in small steps, until something is so.
    /// - Parameter limit: how much of it at most.
    func eventually(within limit: Duration = .seconds(60), _ condition: () async throws -> Bool) async throws -> Bool {
        let end = time.monotonic() + limit
        while time.monotonic() < end {
            for _ in 0..<4 {
                if try await condition() { return true }
                try await Task.sleep(for: .milliseconds(2))
            }
            time.advance(by: .milliseconds(100))
        }
        // A machine that is busy with other tests gets time to catch up.
        return try await FleetTestSupport.eventually(within: .seconds(30)) {
            time.advance(by: .milliseconds(20))
            return try await condition()
        }
    }

    /// Lets time pass, in small steps.
    func pass(_ duration: Duration) async throws {
        let end = time.monotonic() + duration
        while time.monotonic() < end {
            try await Task.sleep(for: .milliseconds(5))
            time.advance(by: .milliseconds(100))
        }
    }
}

extension InMemoryBus {
    func send(_ value: some Encodable, to topic: Topic, retain: Bool = false, digest: Digest? = nil) async throws {
        try await send([UInt8](try FleetJSON.encode(value)), to: topic.name(in: FleetName("test")!), retain, digest)
    }

    func send(_ payload: [UInt8], to topic: String, _ retain: Bool = false, _ digest: Digest? = nil) async throws {
        var message = BusMessage(topic: topic, payload: payload, qos: .atLeastOnce, retain: retain)
        if let digest { message.userProperties = [.init(InventoryPart.digestProperty, digest.description)] }
        try await publish(message)
    }
}

/// A stream record with a body.
struct TestRecord<Body: Encodable & Sendable>: Encodable {
    let header: StreamHeader
    let body: Body

    init(_ epoch: EpochID, _ seq: UInt64, type: EventType = .vmLifecycle, body: Body) {
        header = StreamHeader(
            epoch: epoch, seq: seq, first: 1, time: Date(timeIntervalSince1970: 1_790_000_000), bootID: "boot",
            uptime: 1, type: type)
        self.body = body
    }

    private enum Keys: CodingKey { case body }

    func encode(to encoder: any Encoder) throws {
        try header.encode(to: encoder)
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(body, forKey: .body)
    }
}
