import DurableStream
import FleetModel
import Testing

@testable import FleetAgent

@Suite struct AgentMetricsTests {
    @Test func everySampleIsInTheCatalogueAndTheCatalogueHasNoOther() {
        let samples = AgentMetrics.samples(spool: SpoolStatistics(), isClockSynchronised: true)
        let described = samples.keys.compactMap(MetricCatalogue.description(ofSeries:))
        #expect(Set(described) == Set(MetricCatalogue.all.filter { $0.scope == .agent }))
        #expect(described.count == samples.count)
        #expect(samples["virtfleet_host_clock_synchronised"] == 1)
    }
}
