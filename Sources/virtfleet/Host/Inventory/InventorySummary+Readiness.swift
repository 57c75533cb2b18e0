import CommandLineKit
import FleetModel

/// What is wrong with the machine, and what to do about it.
extension InventorySummary {
    /// How the checks went, then each that found something wrong, the worst first, with its evidence and its fix.
    var readiness: DetailSection {
        let findings = inventory[.readiness]?["findings"]?.elements ?? []
        guard !findings.isEmpty else { return DetailSection("Readiness", []) }
        let counts = [
            ("failure", "failed"), ("warning", "with a warning"), ("notice", "with a notice"), ("unknown", "unknown"),
            ("ok", "ok"),
        ].compactMap { level, words in
            let count = findings.count { $0["level"]?.stringValue == level }
            return count == 0 ? nil : "\(count) \(words)"
        }
        let wrong = [("failure", Cell.Style.bad), ("warning", .warning)].flatMap { level, style in
            findings.filter { $0["level"]?.stringValue == level }.flatMap { Self.lines($0, level, style) }
        }
        return DetailSection("Readiness", [("Checks", Cell(counts.joined(separator: ", ")))] + wrong)
    }

    private static func lines(_ finding: JSONValue, _ level: String, _ style: Cell.Style) -> [(String, Cell)] {
        let evidence = finding["evidence"]?.stringValue
        let seen = Cell(evidence.map { "\(level): \($0)" } ?? level, style: style)
        let fix = finding["fix"]?.stringValue.map { [("  fix", Cell($0))] }
        return [(finding["check"]?.stringValue ?? "?", seen)] + (fix ?? [])
    }

    /// Of each of the host's profiles, whether a VM of it can run there.
    var profiles: DetailSection {
        DetailSection(
            "Profiles",
            (inventory[.readiness]?["profiles"]?.elements ?? []).compactMap { fit in
                guard let name = fit["profile"]?.stringValue, let answer = fit["answer"]?.stringValue else {
                    return nil
                }
                let obstacle = fit["obstacles"]?.elements.first?["reason"]?.stringValue
                let text = obstacle.map { "\(answer): \($0)" } ?? answer
                return (name, Cell(text, style: ["fits": .good, "does-not-fit": .bad][answer] ?? .warning))
            })
    }
}
