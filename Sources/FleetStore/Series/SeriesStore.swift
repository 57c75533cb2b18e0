import FleetModel
import FoundationEssentials

/// One tick of one host, with the controller's receive time.
public struct ReceivedMetrics: Sendable {
    public var host: HostID
    public var receivedAt: Date
    public var batch: MetricsBatch
    public init(host: HostID, receivedAt: Date, batch: MetricsBatch) {
        self.host = host
        self.receivedAt = receivedAt
        self.batch = batch
    }
}

/// The history of metrics. What a host did not report at a tick is missing, never 0.
public protocol SeriesStore: Sendable {
    /// Appends ticks, all or none.
    func append(_ ticks: [ReceivedMetrics]) async throws(StoreError)
    /// The batch that arrived last.
    func latest(of host: HostID) async throws(StoreError) -> MetricsResource?
    /// One series in time order, by receive time; `from` included, `to` not.
    /// - Parameters:
    ///   - vm: nil for a series of the host itself.
    ///   - key: as in `MetricsBatch`.
    func samples(host: HostID, vm: VMID?, key: String, from: Date, to: Date) async throws(StoreError)
        -> [SeriesResource.Sample]
    /// Forgets some of the ticks received before a time; a small step, so that nobody waits for it.
    /// - Returns: whether more of them remain.
    func prune(before time: Date) async throws(StoreError) -> Bool
    /// Forgets a host.
    func remove(host: HostID) async throws(StoreError)
    /// What the history takes on disk.
    func sizeBytes() async throws(StoreError) -> Int64
}
