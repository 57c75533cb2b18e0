import FleetRuntime
import Glibc

/// What the thread of one `HostPower` does: one connection to logind after the other.
final class LoginWatch {
    private typealias Occasion = HostPower.Occasion

    private static let daemon = "org.freedesktop.DBus"

    private let address: String?
    private let events: Mailbox<HostPower.Event>
    private let wakeup: Wakeup
    private let isClosed: () -> Bool
    private let logger: Logger
    private var locks: [HostPower.Occasion: DelayLock] = [:]
    /// Told, and not yet over.
    private var isPreparing = false

    init(
        address: String?, events: Mailbox<HostPower.Event>, wakeup: Wakeup, isClosed: @escaping () -> Bool,
        logger: Logger
    ) {
        self.address = address
        self.events = events
        self.wakeup = wakeup
        self.isClosed = isClosed
        self.logger = logger
    }

    func run() {
        var backoff = Backoff(base: .seconds(1), cap: .seconds(60))
        var random = SystemRandomNumberGenerator()
        var isKnownToFail = false
        while !isClosed() {
            do {
                try follow {
                    isKnownToFail = false
                    backoff.reset()
                }
            } catch {
                if !isKnownToFail {
                    logger.warning(
                        "\(error); until it answers, guests are not paused or shut down when the host sleeps or shuts down"
                    )
                }
                isKnownToFail = true
            }
            locks = [:]
            // Nobody else says any more when it is over.
            finishPreparing()
            if !isClosed() { _ = wakeup.wait(limit: backoff.next(using: &random)) }
        }
    }

    /// Returns when closed.
    private func follow(_ connected: () -> Void) throws(SystemBusError) {
        let bus = try SystemBus(address: address)
        // Before it is asked who logind is: whoever takes its place later is heard of.
        let changes = "type='signal',sender='\(Self.daemon)',member='NameOwnerChanged',arg0='\(Logind.name)'"
        try bus.match(changes)
        let owner = try bus.owner(of: Logind.name)
        for occasion in Occasion.allCases {
            try bus.match("type='signal',sender='\(Logind.name)',path='\(Logind.path)',member='\(occasion.signal)'")
        }
        for occasion in Occasion.allCases { try lock(occasion, on: bus) }
        connected()
        logger.info(
            "follows the host's sleep and shutdown; logind waits for \(locks[.sleep]?.limit ?? .zero) with each")
        while !isClosed() {
            guard let signal = try bus.nextSignal(wakeup) else { continue }
            if signal.sender == Self.daemon, signal.member == "NameOwnerChanged" {
                throw SystemBusError("follow logind", "it has gone, or another one has come")
            }
            // Anybody may send a signal to this connection.
            guard signal.sender == owner, signal.interface == Logind.manager,
                let occasion = Occasion.allCases.first(where: { $0.signal == signal.member }), let begins = signal.flag
            else { continue }
            try on(occasion, begins, bus)
        }
    }

    private func on(_ occasion: HostPower.Occasion, _ begins: Bool, _ bus: SystemBus) throws(SystemBusError) {
        if begins {
            guard let lock = locks.removeValue(forKey: occasion) else { return }
            isPreparing = true
            events.send(.preparing(occasion, lock))
        } else {
            try lock(occasion, on: bus)
            finishPreparing()
        }
    }

    private func finishPreparing() {
        if isPreparing { events.send(.resumed, exempt: true) }
        isPreparing = false
    }

    private func lock(_ occasion: HostPower.Occasion, on bus: SystemBus) throws(SystemBusError) {
        let microseconds: UInt64 = try bus.unsignedProperty(
            "InhibitDelayMaxUSec", of: Logind.manager, at: Logind.path, from: Logind.name)
        let descriptor = try bus.descriptor(
            from: Logind.name, at: Logind.path, Logind.manager, "Inhibit",
            occasion.rawValue, "virtfleet-agent", "guests are paused, saved or shut down", "delay")
        locks[occasion] = DelayLock(descriptor, delay: .microseconds(Int64(clamping: microseconds)))
    }
}
