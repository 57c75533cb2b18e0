import FleetRuntime
import Synchronization

/// A `Bus` on libmosquitto 2.0, MQTT 5, driven by a thread of its own.
public final class MosquittoBus: Bus {
    public let events: Mailbox<BusEvent>
    private let configuration: MosquittoConfiguration
    private let wakeup = Wakeup()
    private let commands: BusCommands
    private let started = Mutex(false)

    public init(_ configuration: MosquittoConfiguration) {
        self.configuration = configuration
        events = .bus(limits: configuration.limits)
        commands = BusCommands(limits: configuration.limits, wakeup: wakeup)
    }

    deinit { commands.send(.abandon) }

    public func connect(prepare: @escaping @Sendable () -> ConnectionAttempt) async {
        let first = started.withLock { started in
            defer { started = true }
            return !started
        }
        guard first else { return }
        NamedThread.start("vf-bus") { [configuration, events, commands, wakeup] in
            MosquittoLoop(configuration, events: events, commands: commands, wakeup: wakeup, prepare: prepare).run()
        }
    }

    public func subscribe(_ filter: String, qos: QoS) async throws(BusError) {
        try await commands.subscribe(filter, qos: qos).get()
    }

    public func publish(_ message: BusMessage) async throws(BusError) { try await commands.publish(message).get() }

    public func reportTwin(evidence: String) { commands.send(.reportTwin(evidence)) }

    public func suspend() async {
        if started.withLock(\.self) { await commands.suspend() }
    }

    public func resume() { commands.send(.resume) }

    public func disconnect() async {
        let running = started.withLock { started in
            defer { started = true }
            return started
        }
        if running { await commands.disconnect() }
        events.finish()
    }

    public var statistics: BusStatistics { commands.statistics }
}

extension Mailbox<BusEvent> {
    /// The mailbox of a bus: bounded in events and in bytes of payload.
    static func bus(limits: BusLimits) -> Mailbox<BusEvent> {
        Mailbox(capacity: limits.queuedEvents, weightLimit: limits.queuedBytes) { event in
            if case .message(let message) = event { message.payload.count } else { 0 }
        }
    }
}
