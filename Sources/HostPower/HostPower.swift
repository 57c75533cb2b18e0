import FleetRuntime
import Synchronization

/// What logind says about the host's sleep and shutdown. It holds a delay lock for each, follows logind through restarts
/// of its own and of the message bus, and on a host without logind says nothing.
///
/// sd-bus belongs to one thread, which waits for the bus for as long as the value lives.
public final class HostPower: Sendable {
    public enum Occasion: String, CaseIterable, Sendable {
        case sleep, shutdown

        /// logind's signal, with true before and false afterwards.
        var signal: String {
            switch self {
            case .sleep: "PrepareForSleep"
            case .shutdown: "PrepareForShutdown"
            }
        }
    }

    public enum Event: Sendable {
        /// The host waits until the lock is released, or its limit has passed.
        case preparing(Occasion, DelayLock)
        /// It is awake again, or does not shut down after all.
        case resumed
    }

    /// One consumer.
    public let events: Mailbox<Event>
    private let wakeup = Wakeup()
    private let isClosed: Flag

    /// Starts to follow logind and keeps at it until `close()`.
    /// - Parameter address: of the message bus, as D-Bus writes it; nil for the system's.
    public init(address: String? = nil, logger: Logger) {
        let events = Mailbox<Event>(capacity: 16)
        let isClosed = Flag()
        self.events = events
        self.isClosed = isClosed
        NamedThread.start("vf-logind") { [wakeup] in
            LoginWatch(
                address: address, events: events, wakeup: wakeup, isClosed: { isClosed.value },
                logger: logger.labelled("logind")
            ).run()
        }
    }

    deinit { close() }

    /// Gives all locks back and ends `events`.
    public func close() {
        isClosed.set()
        wakeup.signal()
        events.finish()
    }

    private final class Flag: Sendable {
        private let state = Atomic(false)
        var value: Bool { state.load(ordering: .acquiring) }
        func set() { state.store(true, ordering: .releasing) }
    }
}
