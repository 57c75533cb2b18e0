extension Check {
    /// The IOMMU's own evidence, reason and fix, with the weight they have for VMs.
    static let iommu = Check(
        "iommu", reason: "Only an IOMMU keeps a device that a VM owns from writing into the rest of the memory."
    ) { facts in
        let iommu = facts.iommu
        let evidence = iommu.evidence.joined(separator: "; ")
        let seen =
            "The IOMMU is \(iommu.status.rawValue): \(iommu.reason)" + (evidence.isEmpty ? "" : " Seen: \(evidence).")
        switch iommu.status {
        case .enabled: return [.ok(seen)]
        case .unknown:
            return [
                .unknown(
                    seen,
                    shownBy: "It is told by /sys/kernel/iommu_groups and /sys/firmware, which cannot be read here.")
            ]
        case .unsupported: return [.notice(seen, fix: iommu.fix)]
        case .offInFirmware, .offOnCommandLine, .needsArgument, .failed: return [.warning(seen, fix: iommu.fix)]
        }
    }
}
