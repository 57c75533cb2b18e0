import FleetModel

extension Check {
    static let sharedGroups = Check(
        "shared-groups",
        reason: "The devices of a group can reach each other past the IOMMU, so a VM gets all of them or none."
    ) { facts in
        guard !facts.iommu.groups.isEmpty else {
            return [
                facts.iommu.status == .unknown
                    ? .unknown("No IOMMU groups can be seen.", shownBy: "See the finding about the IOMMU.")
                    : .notice("The kernel has made no IOMMU groups.")
            ]
        }
        var outcomes: [Outcome] = []
        if facts.iommu.acsOverride {
            outcomes.append(
                .warning(
                    "The kernel was told to split groups by pcie_acs_override: they do not show what is isolated.",
                    fix: "Remove pcie_acs_override from the kernel command line and look at the true groups."))
        }
        let devices = Dictionary(facts.pci.map { ($0.address, $0) }) { first, _ in first }
        for group in facts.iommu.groups {
            guard let dirt = group.dirty else { continue }
            let stuck = group.devices.filter { devices[$0]?.passthrough.verdict == .notSeparable }
            let names = stuck.map(\.description).joined(separator: ", ")
            let seen =
                "Group \(group.id) holds more than one device\(dirt.port.map { ", because of port \($0)" } ?? ""): "
                + dirt.reason + (stuck.isEmpty ? "" : " No VM can have \(names) alone.")
            let fix = dirt.fixes.enumerated().map { "\($0 + 1). \($1)" }.joined(separator: " ")
            // A VM rarely wants what is not a display, network or storage controller.
            let wanted = stuck.contains { ["01", "02", "03"].contains(devices[$0]?.deviceClass?.base) }
            outcomes.append(
                Outcome(level: wanted ? .warning : .notice, evidence: seen, fix: fix.isEmpty ? nil : fix))
        }
        return outcomes.isEmpty ? [.ok("Each of the \(facts.iommu.groups.count) groups holds one device.")] : outcomes
    }
}
