import FleetModel

/// What a commit asks the outside to do.
public struct CommitOutcome: Sendable {
    /// The database that committed.
    public var store: StoreID
    /// Per host and epoch, how far its record is now committed; also for duplicates and records that are ahead.
    public var acknowledgements: [(host: HostID, position: StreamPosition)] = []
    /// Metrics of registered hosts, for the series store.
    public var metrics: [ReceivedMetrics] = []
    /// Hosts that came online and may hold documents that are missing here.
    public var arrived: Set<HostID> = []
    public var refused: [RefusedPayload] = []
    /// The newest commit ID, when events were stored.
    public var newest: Int64?
    /// Stream records stored, and those that were here already.
    public var committed = 0
    public var duplicates = 0
    /// Records that hosts no longer had.
    public var lost: UInt64 = 0
    /// A host has taken another desired state than the newest.
    var desiresDiffer = false
    /// The database turned out to be an older copy and took a new ID.
    public var restored = false
}
