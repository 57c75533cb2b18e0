import FleetModel

/// How many hosts of a rollout stand where.
public struct RolloutTally: Equatable, Sendable {
    public var counts: [RolloutHostState: Int]
    /// Skipped hosts that had been asked before.
    public var skippedAfterOffer: Int

    public init(counts: [RolloutHostState: Int], skippedAfterOffer: Int = 0) {
        self.counts = counts
        self.skippedAfterOffer = skippedAfterOffer
    }

    subscript(states: RolloutHostState...) -> Int { states.reduce(0) { $0 + counts[$1, default: 0] } }

    /// All that can be a part of it.
    package var total: Int { counts.reduce(0) { $0 + ($1.key == .unfit ? 0 : $1.value) } }
    /// Hosts that are about it, or may be.
    var occupied: Int { self[.offered, .applying, .away] }
    /// Hosts that a wave waits for. Those that are not online hold nobody up.
    package var awaited: Int { self[.offered, .applying] }
    /// Hosts that a wave has let begin. For those that nobody waits for, others come in.
    package var admitted: Int { self[.offered, .applying, .succeeded, .failed, .lost] + skippedAfterOffer }
    var inFlight: Int { self[.offered, .applying, .away, .stray, .lost] }
    /// A host that is online and has fallen silent may be what the threshold is there for.
    var failures: Int { self[.failed, .lost] }
    /// Hosts that were attempted and came to an end: those that are away do not dilute it.
    var attempted: Int { self[.succeeded, .failed, .lost] }
}
