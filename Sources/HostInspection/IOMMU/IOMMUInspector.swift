import FleetModel

/// The IOMMU, and what its groups are worth.
struct IOMMUInspector: Sendable {
    let kernel: RunningKernel
    let processor: FirstProcessor

    /// - Parameter log: the kernel's messages; empty when they cannot be read.
    func inspect(
        _ subject: InspectionSubject, groups: [GroupReader.Group], devices: [PCIDevice], log: KernelLog
    ) -> IOMMUDocument {
        let evidence = IOMMUEvidence(
            subject.root, kernel: kernel, processor: processor, groups: groups, devices: devices, log: log)
        let status = IOMMUStatus.judge(evidence)
        let judge = GroupJudge(devices: devices, kernel: kernel.version)
        return IOMMUDocument(
            status: status.status, evidence: status.evidence, reason: status.reason, fix: status.fix,
            vendor: evidence.vendor, interruptRemapping: evidence.interruptRemapping,
            mode: status.status == .enabled ? mode(groups, evidence) : nil, acsOverride: evidence.acsOverride,
            groups: groups.map(judge.judge))
    }

    /// By the groups' own types; kernels that do not tell them follow the command line, then how they were built.
    private func mode(_ groups: [GroupReader.Group], _ evidence: IOMMUEvidence) -> IOMMUDocument.Mode? {
        let types = groups.compactMap(\.type)
        let passthrough = types.contains("identity")
        let translated = types.contains { $0.hasPrefix("DMA") }
        switch (passthrough, translated) {
        case (true, true): return .mixed
        case (true, false): return .passthrough
        case (false, true): return .translated
        case (false, false): break
        }
        guard let commandLine = evidence.commandLine else { return nil }
        if commandLine.values(of: "iommu").contains("pt") || commandLine.values(of: "iommu.passthrough").last == "1" {
            return .passthrough
        }
        if commandLine.values(of: "iommu").contains("nopt") || commandLine.values(of: "iommu.passthrough").last == "0" {
            return .translated
        }
        return evidence.configuration.map { $0.isOn("IOMMU_DEFAULT_PASSTHROUGH") ? .passthrough : .translated }
    }
}

extension IOMMUEvidence {
    /// A patched kernel was told to pretend that ports isolate.
    fileprivate var acsOverride: Bool {
        commandLine?.has("pcie_acs_override") == true || log.contains("ACS overrides enabled")
    }
}
