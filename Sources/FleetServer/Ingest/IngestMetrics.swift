import FleetRuntime
import FleetStore

/// The counters of ingest.
struct IngestMetrics: Sendable {
    private let registry: MetricsRegistry
    let messages, records, duplicates, lost, failures, droppedTicks, stored: MetricsRegistry.Counter

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        messages = registry.counter("virtfleet_ingest_messages_total", help: "Messages taken from the bus.")
        records = registry.counter("virtfleet_ingest_records_total", help: "Records of durable streams committed.")
        duplicates = registry.counter(
            "virtfleet_ingest_duplicates_total", help: "Records of durable streams that were committed before.")
        lost = registry.counter(
            "virtfleet_ingest_lost_records_total", help: "Records that hosts no longer held when they were due.")
        failures = registry.counter(
            "virtfleet_ingest_commit_failures_total", help: "Commits that failed and were tried again.")
        stored = registry.counter("virtfleet_ingest_ticks_total", help: "Metrics batches stored.")
        droppedTicks = registry.counter(
            "virtfleet_ingest_ticks_dropped_total", help: "Metrics batches that could not be stored.")
    }

    func count(_ outcome: CommitOutcome) {
        records.increment(by: UInt64(outcome.committed))
        duplicates.increment(by: UInt64(outcome.duplicates))
        lost.increment(by: outcome.lost)
        for refused in outcome.refused {
            registry.counter(
                "virtfleet_ingest_refused_total", help: "Messages refused, by reason.",
                labels: [("reason", refused.reason.rawValue)]
            ).increment()
        }
    }
}
