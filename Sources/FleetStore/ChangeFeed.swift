import FleetRuntime
import Synchronization

/// Tells any number of listeners that something newer is there. Coalescing: a listener that has not yet taken the last
/// word gets no second one, and looks up for itself what is new.
final class ChangeFeed: Sendable {
    private struct Listener {
        weak var mailbox: Mailbox<Int64>?
    }

    private let listeners = Mutex<[Listener]>([])

    /// Listening ends when the mailbox goes.
    func listen() -> Mailbox<Int64> {
        let mailbox = Mailbox<Int64>(capacity: 1)
        listeners.withLock { $0.append(Listener(mailbox: mailbox)) }
        return mailbox
    }

    func announce(_ newest: Int64) {
        listeners.withLock { listeners in
            listeners.removeAll { $0.mailbox == nil }
            for listener in listeners { listener.mailbox?.send(newest) }
        }
    }
}
