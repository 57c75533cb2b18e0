/// How much an agent keeps of its durable record.
public struct SpoolLimits: Equatable, Sendable {
    /// All records, acknowledged or not. Past it, acknowledged ones go first, then the least precious.
    public var bytes: UInt64
    /// Acknowledged records are kept, for a controller that has to be restored, up to this size ...
    public var acknowledgedBytes: UInt64
    /// ... and this age.
    public var acknowledgedAge: Duration
    /// The largest body of one record.
    public var recordBytes: Int
    /// Disk space held back for precious records on a full disk.
    public var reserveBytes: Int

    public init(
        bytes: UInt64 = 256 << 20, acknowledgedBytes: UInt64 = 64 << 20,
        acknowledgedAge: Duration = .seconds(7 * 86400),
        recordBytes: Int = 128 << 10, reserveBytes: Int = 1 << 20
    ) {
        self.bytes = bytes
        self.acknowledgedBytes = acknowledgedBytes
        self.acknowledgedAge = acknowledgedAge
        self.recordBytes = recordBytes
        self.reserveBytes = reserveBytes
    }
}

/// What a spool holds, for metrics.
public struct SpoolStatistics: Equatable, Sendable {
    public var records: UInt64 = 0
    public var bytes: UInt64 = 0
    public var unacknowledgedRecords: UInt64 = 0
    public var unacknowledgedBytes: UInt64 = 0
    /// Records dropped unacknowledged since the spool was opened.
    public var dropped: UInt64 = 0
    /// Records that `append` could not take since the spool was opened.
    public var refused: UInt64 = 0

    public init() {}
}
