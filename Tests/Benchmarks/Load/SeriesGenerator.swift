import FleetModel
import FleetRuntime
import Foundation

/// Plays one host's metrics: itself with 40 series and four VMs with 90 each, under the names that agents use.
struct SeriesGenerator {
    static let series = 400
    static let vms = (1...4).map { VMID("00000000-0000-4000-8000-00000000000\($0)")! }
    static let hostKeys = keys(.host, 40)
    static let vmKeys = keys(.vm, 90)

    private var values: [Double]

    init(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        values = (0..<Self.series).map { _ in Double(Int.random(in: 0..<1 << 40, using: &random)) / 1000 }
    }

    /// Counters grow, gauges move.
    mutating func advance(_ random: inout SeededGenerator) {
        for index in values.indices { values[index] += Double(Int.random(in: 0..<1_000_000, using: &random)) / 1000 }
    }

    func batch(time: Date) -> MetricsBatch {
        MetricsBatch(
            time: time, host: Dictionary(uniqueKeysWithValues: zip(Self.hostKeys, values)),
            vms: Dictionary(
                uniqueKeysWithValues: Self.vms.enumerated().map { index, vm in
                    (vm, Dictionary(uniqueKeysWithValues: zip(Self.vmKeys, values.dropFirst(40 + 90 * index))))
                }))
    }

    /// The batch in JSON, written without an encoder: the generator shall cost little.
    func text(time: Date) -> String {
        var text = "{\"time\":\"\(FleetJSON.text(time))\",\"host\":{"
        append(Self.quotedHostKeys, values.prefix(40), to: &text)
        text += "},\"vms\":{"
        for (index, vm) in Self.vms.enumerated() {
            text += index == 0 ? "\"\(vm)\":{" : ",\"\(vm)\":{"
            append(Self.quotedVMKeys, values.dropFirst(40 + 90 * index), to: &text)
            text += "}"
        }
        return text + "}}"
    }

    private func append(_ keys: [String], _ values: ArraySlice<Double>, to text: inout String) {
        for (key, value) in zip(keys, values) {
            text += key
            text += value.description
        }
    }

    private static let quotedHostKeys = quoted(hostKeys)
    private static let quotedVMKeys = quoted(vmKeys)

    /// `"key":`, with a comma before all but the first.
    private static func quoted(_ keys: [String]) -> [String] {
        keys.enumerated().map { index, key in
            (index == 0 ? "\"" : ",\"") + key.replacing("\"", with: "\\\"") + "\":"
        }
    }

    /// Names of the catalogue; those with labels come once for each device until there are enough.
    private static func keys(_ scope: MetricDescription.Scope, _ count: Int) -> [String] {
        let metrics = MetricCatalogue.all.filter { $0.scope == scope }
        let plain = metrics.filter(\.labels.isEmpty).map(\.name)
        let labelled = (0..<count).flatMap { index in
            metrics.compactMap { metric in metric.labels.first.map { "\(metric.name){\($0)=\"\(index)\"}" } }
        }
        return Array((plain + labelled).prefix(count))
    }
}
