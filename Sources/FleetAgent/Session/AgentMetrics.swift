import DurableStream
import FleetModel

/// What the agent says of itself in each batch of metrics.
enum AgentMetrics {
    static func samples(spool: SpoolStatistics, isClockSynchronised: Bool) -> [String: Double] {
        [
            MetricDescription.clockSynchronised.name: isClockSynchronised ? 1 : 0,
            MetricDescription.spoolBytes.name: Double(spool.bytes),
            MetricDescription.spoolUnacknowledged.name: Double(spool.unacknowledgedRecords),
            MetricDescription.spoolDropped.name: Double(spool.dropped),
            MetricDescription.spoolRefused.name: Double(spool.refused),
        ]
    }
}
