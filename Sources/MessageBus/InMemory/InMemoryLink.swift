import FleetRuntime

/// One connection between an `InMemoryBus` and its broker. The broker calls it in order, under its own lock.
final class InMemoryLink: Sendable {
    enum Loss: Sendable {
        case broken(reason: String, reasonCode: Int?)
        case twinReported(String)
    }

    let connected: @Sendable (_ link: InMemoryLink, _ sessionPresent: Bool) -> Void
    let deliver: @Sendable (BusMessage) -> Void
    /// Gets one element when the connection ends.
    let lost = Mailbox<Loss>(capacity: 1)

    init(
        connected: @escaping @Sendable (InMemoryLink, Bool) -> Void, deliver: @escaping @Sendable (BusMessage) -> Void
    ) {
        self.connected = connected
        self.deliver = deliver
    }
}
