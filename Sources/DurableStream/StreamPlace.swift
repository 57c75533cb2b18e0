import FleetModel

/// A record's place in one host's durable record.
public struct StreamPlace: Hashable, Sendable {
    public var epoch: EpochID
    public var seq: UInt64

    public init(epoch: EpochID, seq: UInt64) {
        self.epoch = epoch
        self.seq = seq
    }
}
