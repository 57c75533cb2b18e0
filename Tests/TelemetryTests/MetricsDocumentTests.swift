import FleetModel
import FleetTestSupport
import Testing

@Suite struct MetricsDocumentTests {
    @Test func theDocumentIsTheCatalogue() throws {
        #expect(try GoldenFile("../../../docs/metrics.md").difference(from: document) == nil)
    }

    @Test func namesFollowPrometheusConventions() {
        for metric in MetricCatalogue.all {
            #expect(metric.name.hasSuffix("_total") == (metric.kind == .counter), "\(metric.name)")
            if let unit = metric.unit {
                let base = metric.name.hasSuffix("_total") ? String(metric.name.dropLast(6)) : metric.name
                #expect(base.hasSuffix("_\(unit.rawValue)"), "\(metric.name)")
            }
            #expect(!metric.help.hasSuffix("."), "\(metric.name)")
        }
        #expect(Set(MetricCatalogue.all.map(\.name)).count == MetricCatalogue.all.count)
    }

    private var document: String {
        var lines = [
            "# Metrics", "",
            "What agents publish on `up/<host>/metrics`, and the controller on `/metrics` with the label `host`, and",
            "for VMs `vm`. What a host cannot tell is missing, never 0. Made from the code by a test; to change it,",
            "see [telemetry.md](telemetry.md).",
        ]
        for (title, scope) in [("Host", MetricDescription.Scope.host), ("Agent", .agent), ("VM", .vm)] {
            lines += ["", "## \(title)", "", "| name | type | labels | meaning |", "|---|---|---|---|"]
            for metric in MetricCatalogue.all where metric.scope == scope {
                lines.append(
                    "| `\(metric.name)` | \(metric.kind) | \(metric.labels.joined(separator: ", ")) | \(metric.help) |")
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
