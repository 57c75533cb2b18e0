import FleetModel

/// Whether a VM can have each device. Pure: the devices, their groups and the host's uses are all that counts.
/// What is never given away comes first, then what has no group, then what goes with company.
struct PassthroughJudge: Sendable {
    let iommu: IOMMUDocument

    func judge(_ devices: inout [PCIDevice]) {
        let sets = DeviceSets(devices)
        let never = devices.map(Self.whyNever)
        let warnings = PassthroughWarnings(devices, iommu: iommu, sets: sets)
        let dirt = Dictionary(iommu.groups.map { ($0.id, $0.dirty) }) { first, _ in first }
        for index in devices.indices {
            let device = devices[index]
            let risk = warnings.resetRisk(index)
            var judged = verdict(
                index, devices, others: sets.members(with: index).filter { $0 != index }, never: never,
                dirt: device.iommuGroup.flatMap { dirt[$0] } ?? nil)
            judged.warnings = warnings.warnings(index, judged.verdict, risk)
            devices[index].passthrough = judged
            devices[index].resetRisk = risk
        }
    }

    private func verdict(
        _ index: Int, _ devices: [PCIDevice], others: [Int], never: [String?], dirt: IOMMUDocument.Dirt?
    ) -> PCIDevice.Passthrough {
        let device = devices[index]
        if let reason = never[index] {
            return PCIDevice.Passthrough(verdict: .never, reason: reason, fix: Self.releaseFix(device))
        }
        guard let group = device.iommuGroup else { return blocked(device) }
        let inTheWay = others.filter { never[$0] != nil }
        if !inTheWay.isEmpty {
            let names = inTheWay.map { devices[$0].summary }.joined(separator: ", ")
            return PCIDevice.Passthrough(
                verdict: .notSeparable, with: inTheWay.map { devices[$0].address }.sorted(),
                reason: "It cannot be taken away from \(names), which must stay with the host.",
                fix: inTheWay.firstResult { Self.releaseFix(devices[$0]) } ?? dirt?.fixes.first
                    ?? "Give the VM another device of this kind: these are parts of one chip.")
        }
        if !others.isEmpty {
            let sharesGroup = others.allSatisfy { devices[$0].iommuGroup == group }
            return PCIDevice.Passthrough(
                verdict: .passWithCompanions, with: others.map { devices[$0].address }.sorted(),
                reason: sharesGroup
                    ? "All devices of IOMMU group \(group) go to the same VM."
                    : "A graphics card goes to a VM with all its functions and what shares their groups.")
        }
        return PCIDevice.Passthrough(verdict: .pass, reason: "No other device shares IOMMU group \(group).")
    }

    private func blocked(_ device: PCIDevice) -> PCIDevice.Passthrough {
        if iommu.status == .enabled {
            return PCIDevice.Passthrough(
                verdict: .blocked,
                reason: "The kernel put it into no IOMMU group: its memory accesses cannot be confined to a VM.")
        }
        return PCIDevice.Passthrough(
            verdict: .blocked, reason: "It is in no IOMMU group. " + iommu.reason, fix: iommu.fix)
    }

    /// Why the device itself stays with the host.
    private static func whyNever(_ device: PCIDevice) -> String? {
        if let use = device.hostUses.first(where: { $0.purpose == .vm }) { return use.detail.asSentence }
        if !device.hostUses.isEmpty {
            return "The host needs it: \(device.hostUses.map(\.detail).joined(separator: "; "))."
        }
        guard let kind = device.deviceClass else { return nil }
        if kind.isPCIBridge { return "It is a port or bridge: the machine reaches other devices through it." }
        if kind.isHostBridge { return "It is a host bridge: it joins processor and devices." }
        if kind.isBridge { return "It is a bridge that the machine itself works with." }
        if kind.isSMBus { return "It is the SMBus, over which the machine reaches its memory modules and sensors." }
        if kind.isMemoryController { return "It is a memory controller of the machine itself." }
        return nil
    }

    private static func releaseFix(_ device: PCIDevice) -> String? {
        device.hostUses.contains { $0.purpose == .vm } ? "Take \(device.address) from that VM first." : nil
    }
}

extension PCIDevice.Passthrough {
    /// Of a device that nobody has judged yet.
    static let unjudged = Self(verdict: .blocked, reason: "It has not been judged.")
}

extension String {
    fileprivate var asSentence: String {
        prefix(1).uppercased() + dropFirst() + (hasSuffix(".") ? "" : ".")
    }
}
