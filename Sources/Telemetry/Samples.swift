import FleetModel
import FleetRuntime

/// Samples under the keys of a `MetricsBatch`.
struct Samples {
    private(set) var values: [String: Double] = [:]

    /// A value that is not known is left out.
    /// - Parameter labels: the values of the metric's labels, in its order.
    mutating func add(_ metric: MetricDescription, _ value: Double?, _ labels: String...) {
        guard let value else { return }
        guard !labels.isEmpty else {
            values[metric.name] = value
            return
        }
        let rendered = zip(metric.labels, labels).map { "\($0)=\"\(MetricsRegistry.escape($1))\"" }
        values["\(metric.name){\(rendered.joined(separator: ","))}"] = value
    }
}
