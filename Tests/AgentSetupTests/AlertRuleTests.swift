import FleetModel
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// config/prometheus: the rules do what their tests say, on metrics that exist.
@Suite struct AlertRuleTests {
    private let directory =
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path + "/config/prometheus"

    @Test func theRulesPassTheirTests() async throws {
        let result = try await Subprocess.run("promtool", ["test", "rules", directory + "/rules_test.yaml"])
        #expect(result.status == 0, "\(result.errorText)")
    }

    @Test func theRulesNameMetricsThatExist() throws {
        let rules = try String(contentsOfFile: directory + "/rules.yaml", encoding: .utf8)
        // The controller's own words.
        var known: Set<String> = [
            "virtfleet_host_online", "virtfleet_host_lost", "virtfleet_host_last_seen_timestamp_seconds",
            "virtfleet_fleet_shared_vm_identities", "virtfleet_rollout_halted",
        ]
        known.formUnion(MetricCatalogue.all.map(\.name))
        let named = rules.split { !($0.isLetter || $0.isNumber || $0 == "_") }.filter { $0.hasPrefix("virtfleet_") }
        #expect(named.count > 6)
        #expect(Set(named.map(String.init)).subtracting(known).isEmpty)
    }
}
