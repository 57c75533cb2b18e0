import Foundation

/// The table on the terminal and the file beside it.
struct Report {
    private(set) var measurements: [Measurement] = []

    mutating func add(_ more: [Measurement]) {
        measurements += more
        for measurement in more { Terminal.line(Self.line(measurement)) }
    }

    static func header() -> String {
        column("figure", 50) + column("median", 12, right: true) + " " + column("unit", 11)
            + column("min … max", 24) + column("ratio", 8, right: true) + " " + column("versus", 34) + "goal"
    }

    /// Replaces what earlier runs of the same figures said, keeps the others; beside the file, with the extension `md`,
    /// goes the same as the table of docs/benchmarks.md.
    func write(to path: String) throws {
        let file = URL(filePath: path)
        var all = (try? JSONDecoder().decode([Measurement].self, from: Data(contentsOf: file))) ?? []
        let names = Set(measurements.map(\.name))
        all.removeAll { names.contains($0.name) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try encoder.encode(all + measurements).write(to: file)
        let rows = (all + measurements).map(Self.row).joined(separator: "\n")
        try "| figure | median | lowest … highest | beside | goal |\n|---|---|---|---|---|\n\(rows)\n"
            .write(to: file.deletingPathExtension().appendingPathExtension("md"), atomically: true, encoding: .utf8)
    }

    private static func line(_ measurement: Measurement) -> String {
        let verdict = measurement.met.map { $0 ? "met" : "MISSED" } ?? ""
        return column(measurement.name, 50) + column(number(measurement.value), 12, right: true) + " "
            + column(measurement.unit, 11)
            + column(measurement.spread.map(number).joined(separator: " … "), 24)
            + column(measurement.ratio.map { String(format: "%.2f×", $0) } ?? "", 8, right: true) + " "
            + column(measurement.versus ?? "", 34) + [measurement.goal ?? "", verdict].joined(separator: "  ")
    }

    private static func row(_ measurement: Measurement) -> String {
        let ratio = measurement.ratio.map { String(format: "%.2f× ", $0) + (measurement.versus ?? "") }
        let verdict = measurement.met.map { "\(measurement.goal ?? ""): " + ($0 ? "met" : "**missed**") }
        let cells = [
            measurement.name, "\(number(measurement.value)) \(measurement.unit)",
            measurement.spread.map(number).joined(separator: " … "), ratio ?? "-", verdict ?? "-",
        ]
        return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |"
    }

    private static func number(_ value: Double) -> String {
        switch abs(value) {
        case 1000...: String(format: "%.0f", value)
        case 10...: String(format: "%.1f", value)
        // No minus before what rounds to nothing.
        default: String(format: "%.3f", abs(value) < 0.0005 ? 0 : value)
        }
    }

    private static func column(_ text: String, _ width: Int, right: Bool = false) -> String {
        let padding = String(repeating: " ", count: max(0, width - text.count))
        return right ? padding + text : text + padding
    }
}
