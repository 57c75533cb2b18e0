/// What changed between two looks at a machine, in words.
public struct InspectionDiff: Equatable, Sendable {
    public struct Change: Equatable, Sendable {
        /// What it is about: `kernel`, `iommu`, `device`, `driver`, `firmware`, `hypervisor`, `processor`, `memory`,
        /// `network` or `readiness`.
        public var what: String
        /// One line for people.
        public var message: String
    }

    public let changes: [Change]
    /// What is to be remembered: the new look, and what it could not see as it was.
    public let known: KnownHost

    /// - Parameter before: nil for the first look ever, which is the baseline.
    public init(from before: KnownHost?, to inspection: Inspection) {
        let now = KnownHost(inspection)
        guard let before else {
            (changes, known) = ([], now)
            return
        }
        known = now.completed(by: before)
        var changes = SettingsDiff.changes(from: before, to: known, inspection)
        changes += DeviceDiff(from: before.devices ?? [:], to: known.devices ?? [:]).changes
        changes += GroupDiff(from: before.devices ?? [:], to: known.devices ?? [:]).changes
        changes += Self.readiness(before, known, inspection)
        self.changes = Self.blamed(on: Self.step(before.kernel, known.kernel), changes)
    }

    /// `6.1.0-18 -> 6.1.0-22`; nil when nothing changed, or one side is not known.
    static func step<Value: Equatable>(_ before: Value?, _ now: Value?) -> String? {
        guard let before, let now, before != now else { return nil }
        return "\(before) -> \(now)"
    }

    /// A new kernel groups, drives and isolates devices in its own way; without such effects it is a change by itself.
    private static func blamed(on kernel: String?, _ changes: [Change]) -> [Change] {
        guard let kernel else { return changes }
        let caused = changes.contains { ["iommu", "driver"].contains($0.what) }
        let all = changes.map { change in
            guard ["iommu", "driver"].contains(change.what) else { return change }
            return Change(what: change.what, message: "kernel \(kernel): \(change.message)")
        }
        return (caused ? [] : [Change(what: "kernel", message: "kernel \(kernel)")]) + all
    }

    private static func readiness(_ before: KnownHost, _ now: KnownHost, _ inspection: Inspection) -> [Change] {
        inspection.readiness.findings.compactMap { finding in
            guard let step = step(before.readiness?[finding.check]?.rawValue, now.readiness?[finding.check]?.rawValue)
            else { return nil }
            return Change(what: "readiness", message: "check \(finding.check) \(step): \(finding.evidence)")
        }
    }
}

extension [Int] {
    /// `13`, `13 and 14`, `13, 14 and 15`.
    var inWords: String { map(String.init).inWords }
}

extension [String] {
    var inWords: String {
        guard count > 1, let last else { return first ?? "" }
        return dropLast().joined(separator: ", ") + " and " + last
    }
}
