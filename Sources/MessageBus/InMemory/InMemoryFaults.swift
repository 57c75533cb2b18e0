/// What an `InMemoryBroker` does wrong, each as a probability of one delivery to one subscriber.
public struct InMemoryFaults: Equatable, Sendable {
    /// Lost after the publisher's PUBACK, as a full queue of a real broker loses it.
    public var drop: Double
    /// Delivered twice.
    public var duplicate: Double
    /// Delivered after the one that follows.
    public var reorder: Double

    public init(drop: Double = 0, duplicate: Double = 0, reorder: Double = 0) {
        self.drop = drop
        self.duplicate = duplicate
        self.reorder = reorder
    }
}
