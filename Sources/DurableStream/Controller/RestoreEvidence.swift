import FleetModel

/// What a host's presence says about the controller's own database.
public enum RestoreEvidence: Equatable, Sendable {
    /// The host knows of nothing that this database does not have.
    case none
    /// The host has last been acknowledged by another database: publish this one's position, so that it sends again.
    case otherStore
    /// This very database has acknowledged more than it holds now: it is an older copy. It must take a new store ID.
    case restored

    /// - Parameter acked: what the presence carries.
    public init(acked: StreamPosition?, store: StoreID, receiver: StreamReceiver) {
        guard let acked else {
            self = .none
            return
        }
        if acked.store != store {
            self = .otherStore
        } else {
            self = acked.seq > receiver.position(in: acked.epoch) ? .restored : .none
        }
    }
}
