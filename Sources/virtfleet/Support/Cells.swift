import CommandLineKit
import FleetModel
import FleetRuntime
import FoundationEssentials

extension Cell {
    /// "3 min ago" for people, RFC 3339 for programs.
    static func age(_ date: Date?, at now: Date = Date()) -> Cell {
        guard let date else { return .none }
        return Cell(HumanText.age(of: date, at: now), raw: FleetJSON.text(date))
    }

    static func time(_ date: Date) -> Cell { Cell(HumanText.localTime(date), raw: FleetJSON.text(date)) }

    static func bytes(_ count: UInt64) -> Cell { Cell(HumanText.bytes(count), raw: "\(count)") }

    static func optional(_ text: String?) -> Cell { text.map { Cell($0) } ?? .none }

    /// Those that are known, one after the other; nil when none is.
    static func words(_ parts: String?..., separator: String = ", ") -> Cell? { words(parts, separator: separator) }

    static func words(_ parts: [String?], separator: String = ", ") -> Cell? {
        let known = parts.compactMap { $0 }
        return known.isEmpty ? nil : Cell(known.joined(separator: separator))
    }

    static func yesNo(_ value: Bool) -> Cell { Cell(value ? "yes" : "no", raw: "\(value)") }
}

extension DetailSection {
    /// A metrics batch, by key.
    static func metrics(_ values: [String: Double], at time: Date) -> DetailSection {
        DetailSection(
            "Metrics, \(HumanText.age(of: time, at: Date()))",
            values.sorted { $0.key < $1.key }.map { key, value in
                let isSize = key.contains("_bytes") && value >= 0 && value < 9e18
                return (key, isSize ? .bytes(UInt64(value)) : Cell(HumanText.number(value)))
            })
    }
}
