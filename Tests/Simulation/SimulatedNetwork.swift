import FleetModel
import FleetRuntime
import FoundationEssentials
import MessageBus
import Synchronization

/// The broker, and the way to it from both sides. Messages wait here until the world lets them arrive, twice, late or never.
final class SimulatedNetwork {
    /// What is on its way to a host.
    struct Down {
        enum Content {
            case jobs([UInt8])
            case ack([UInt8])
        }

        var content: Content
        var retained = false
        var since: Date
    }

    /// What the controller publishes by; the world takes it from here in an order of its own.
    let bus = ControllerBus()
    /// Retained.
    private(set) var jobs: [HostID: [UInt8]] = [:]
    private(set) var acks: [HostID: [UInt8]] = [:]
    private(set) var presences: [HostID: BusMessage] = [:]
    /// Job sets that the controller has published since it was last asked.
    private var publishedSets: [[UInt8]] = []
    /// On their way.
    var down: [HostID: [Down]] = [:]
    var up: [HostID: [BusMessage]] = [:]

    /// Takes over what the controller has published.
    func collect(connected: Set<HostID>, at now: Date) {
        for message in bus.take() {
            switch Topic(message.topic, in: SimulatedDisk.fleet) {
            case .jobs(let host):
                jobs[host] = message.payload
                publishedSets.append(message.payload)
                if connected.contains(host) {
                    down[host, default: []].append(Down(content: .jobs(message.payload), since: now))
                }
            case .ack(let host):
                acks[host] = message.payload
                if connected.contains(host) {
                    down[host, default: []].append(Down(content: .ack(message.payload), since: now))
                }
            default: break
            }
        }
    }

    func takePublishedSets() -> [[UInt8]] {
        defer { publishedSets = [] }
        return publishedSets
    }

    /// A host is connected, and gets what is kept for it.
    func connect(_ host: HostID, at now: Date) {
        down[host] = [acks[host].map(Down.Content.ack), jobs[host].map(Down.Content.jobs)].compactMap(\.self)
            .map { Down(content: $0, retained: true, since: now) }
    }

    /// A host says something, or its will does.
    func publish(_ message: BusMessage, of host: HostID) {
        if message.retain { presences[host] = message }
        if bus.isConnected { up[host, default: []].append(message) }
    }

    /// The controller is connected, and gets what is kept for it.
    func connectController() {
        bus.isConnected = true
        for (host, message) in presences { up[host] = [message] }
    }

    /// What was on its way to the controller is lost.
    func disconnectController() {
        bus.isConnected = false
        up = [:]
    }

    /// The broker is started anew, without its data.
    func forget() { (jobs, acks, presences) = ([:], [:], [:]) }
}

/// The controller's side of the bus: it takes everything, while there is a connection.
final class ControllerBus: Bus {
    private struct State {
        var isConnected = false
        var messages: [BusMessage] = []
    }

    let events = Mailbox<BusEvent>(capacity: 1)
    private let state = Mutex(State())

    var isConnected: Bool {
        get { state.withLock(\.isConnected) }
        set { state.withLock { $0.isConnected = newValue } }
    }

    /// By topic: they were published at the same time.
    func take() -> [BusMessage] {
        state.withLock { state in
            defer { state.messages = [] }
            return state.messages.sorted { $0.topic < $1.topic }
        }
    }

    func publish(_ message: BusMessage) async throws(BusError) {
        let isConnected = state.withLock { state in
            if state.isConnected { state.messages.append(message) }
            return state.isConnected
        }
        if !isConnected { throw .notConnected }
    }

    func connect(prepare: @escaping @Sendable () -> ConnectionAttempt) async {}
    func subscribe(_ filter: String, qos: QoS) async throws(BusError) {}
    func reportTwin(evidence: String) {}
    func suspend() async {}
    func resume() {}
    func disconnect() async {}
    var statistics: BusStatistics { BusStatistics() }
}
