import FleetModel

/// What the controller has committed of one host's durable record: per epoch, the highest seq. Decides what a record
/// that arrives means; the caller stores it. A value: change a copy inside the database transaction and keep the copy
/// once that has committed.
public struct StreamReceiver: Equatable, Sendable {
    public enum Decision: Equatable, Sendable {
        /// Store the record; it is the next one. `gap` are the numbers before it that the host no longer holds and
        /// will never send: to be recorded as lost.
        case commit(gap: ClosedRange<UInt64>?)
        /// Already stored.
        case duplicate
        /// Records before it are missing; the host will send them, and then this one again.
        case ahead
    }

    /// The highest committed seq of each epoch.
    public private(set) var positions: [EpochID: UInt64]

    public init(positions: [EpochID: UInt64] = [:]) { self.positions = positions }

    /// The highest committed seq of an epoch, 0 for one that is new. After every decision, `ahead` included, this is
    /// what the host is to be told: it is how a host learns of a database that knows less than the last one did.
    public func position(in epoch: EpochID) -> UInt64 { positions[epoch] ?? 0 }

    public mutating func receive(_ header: StreamHeader) -> Decision {
        let last = position(in: header.epoch)
        guard header.seq > last else { return .duplicate }
        // A run of dropped records travels as one record that stands for `from...seq`.
        let from = min(header.from ?? header.seq, header.seq)
        let first = min(header.first, from)
        let next = max(last + 1, first)
        guard from <= next else { return .ahead }
        positions[header.epoch] = header.seq
        return .commit(gap: first > last + 1 ? last + 1...first - 1 : nil)
    }
}
