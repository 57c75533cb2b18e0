import FleetRuntime
import Synchronization

/// The way of one connection's events from libvirt's thread to the consumer. What happens before the consumer knows
/// the domains is held back, so that `connected` comes first.
final class LibvirtEventRelay: Sendable {
    enum Signal: Sendable {
        case lost(reason: String)
        /// Events did not fit: the consumer needs a new list.
        case overflowed
    }

    private struct State {
        var begun = false
        var held: [HypervisorEvent] = []
        var overflowed = false
    }

    /// For the supervisor of the connection.
    let signals = Mailbox<Signal>(capacity: 4)
    private let events: Mailbox<HypervisorEvent>
    private let state = Mutex(State())

    init(events: Mailbox<HypervisorEvent>) { self.events = events }

    func receive(_ event: HypervisorEvent) {
        let overflows = state.withLock { state in
            if !state.begun, state.held.count < events.capacity {
                state.held.append(event)
                return false
            }
            if state.begun, events.send(event) { return false }
            defer { state.overflowed = true }
            return !state.overflowed
        }
        if overflows { signals.send(.overflowed) }
    }

    /// Sends `connected`, then what was held back.
    /// - Returns: false when there is no room; nothing was sent then.
    func begin(with domains: [Domain]) -> Bool {
        let held = state.withLock { state -> [HypervisorEvent]? in
            guard events.send(.connected(domains)) else { return nil }
            defer { state.held = [] }
            state.begun = true
            // Under the lock: nothing overtakes what was held.
            return state.held.filter { !events.send($0) }
        }
        guard let held else { return false }
        if !held.isEmpty { signals.send(.overflowed) }
        return true
    }

    /// From here on an event that does not fit asks for yet another list. Called before the domains are listed anew.
    func healing() { state.withLock { $0.overflowed = false } }

    func connectionLost(_ reason: String) { signals.send(.lost(reason: reason)) }

    static func from(_ opaque: UnsafeMutableRawPointer?) -> LibvirtEventRelay? {
        opaque.map { Unmanaged<LibvirtEventRelay>.fromOpaque($0).takeUnretainedValue() }
    }
}
