import FleetModel

extension HostCollector {
    /// /proc/loadavg
    static let load = HostCollector(name: "load") { input, samples in
        let metrics: [MetricDescription] = [.load1, .load5, .load15]
        for (metric, value) in zip(metrics, input.files.lines("/proc/loadavg").first ?? []) {
            samples.add(metric, Double(value))
        }
    }
}
