/// What changed of the machine as a whole: its firmware's switches, its memory, what runs on it.
enum SettingsDiff {
    /// What a kernel keeps for itself differs from one to the next; a memory module is larger.
    private static let smallestModule: UInt64 = 256 << 20

    static func changes(
        from before: KnownHost, to now: KnownHost, _ inspection: Inspection
    ) -> [InspectionDiff.Change] {
        var changes: [InspectionDiff.Change] = []
        func add(_ what: String, _ text: String, _ step: String?, _ rest: String = "") {
            guard let step else { return }
            changes.append(.init(what: what, message: "\(text) \(step)\(rest)"))
        }
        let words = [true: "on", false: "off"]
        add("processor", "processor", InspectionDiff.step(before.processor, now.processor))
        add(
            "firmware", "virtualisation by the processor (VT-x, AMD-V)",
            InspectionDiff.step(before.virtualisation, now.virtualisation))
        add(
            "firmware", "Secure Boot",
            InspectionDiff.step(before.secureBoot.flatMap { words[$0] }, now.secureBoot.flatMap { words[$0] }))
        add(
            "iommu", "IOMMU", InspectionDiff.step(before.iommu?.rawValue, now.iommu?.rawValue),
            ": \(inspection.iommu.reason)")
        add(
            "iommu", "interrupt remapping",
            InspectionDiff.step(
                before.interruptRemapping.flatMap { words[$0] }, now.interruptRemapping.flatMap { words[$0] }))
        add("hypervisor", "libvirt", InspectionDiff.step(before.libvirt, now.libvirt))
        add("hypervisor", "QEMU", InspectionDiff.step(before.qemu, now.qemu))
        add("network", "the default route's interface", InspectionDiff.step(before.defaultRoute, now.defaultRoute))
        if let before = before.memoryBytes, let now = now.memoryBytes,
            max(before, now) - min(before, now) >= smallestModule
        {
            add("memory", "memory", "\(gibibytes(before)) -> \(gibibytes(now))")
        }
        return changes
    }

    private static func gibibytes(_ bytes: UInt64) -> String {
        let tenths = (Double(bytes) / Double(1 << 30) * 10).rounded() / 10
        return "\(tenths) GiB"
    }
}
