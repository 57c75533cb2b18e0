/// Whether the IOMMU works, and if not, at which door it stopped. The doors are asked from the one that proves most;
/// the words `IOMMU enabled` in the log prove nothing, and neither does the command line alone.
struct IOMMUStatus: Equatable, Sendable {
    var status: IOMMUDocument.Status
    var evidence: [String]
    var reason: String
    var fix: String?

    static func judge(_ seen: IOMMUEvidence) -> IOMMUStatus {
        if seen.groupedDevices > 0 {
            return IOMMUStatus(
                status: .enabled,
                evidence: ["\(seen.groupedDevices) devices are in \(seen.groups) IOMMU groups"] + seen.unitEvidence,
                reason: "The kernel isolates devices in groups.")
        }
        guard seen.hasGroupsDirectory || seen.tables != nil || seen.hasProcessorInformation else {
            return IOMMUStatus(
                status: .unknown, evidence: [],
                reason: "The tree holds neither groups nor firmware tables nor a processor's description.")
        }
        let noGroups = seen.hasGroupsDirectory ? "/sys/kernel/iommu_groups is empty" : "there are no IOMMU groups"
        guard seen.hasTable else { return withoutTable(seen, [noGroups]) }
        return withTable(seen, [noGroups])
    }

    private static func withoutTable(_ seen: IOMMUEvidence, _ evidence: [String]) -> IOMMUStatus {
        let evidence =
            evidence + [
                seen.tables == nil
                    ? "there is no directory of firmware tables"
                    : "the firmware gave the kernel neither a DMAR nor an IVRS table"
            ]
        if seen.isGuest {
            return IOMMUStatus(
                status: .unsupported, evidence: evidence + ["the processor says that it is a virtual one"],
                reason: "This machine is itself a virtual machine, and it was given no virtual IOMMU.",
                fix: "Give this virtual machine a virtual IOMMU in the settings of its own host; in libvirt, "
                    + "<iommu model='intel'> with <driver intremap='on'/>.")
        }
        return IOMMUStatus(
            status: .offInFirmware, evidence: evidence,
            reason: "The IOMMU is switched off in the firmware's settings, or this machine has none.",
            fix: firmwareFix(seen.vendor))
    }

    private static func firmwareFix(_ vendor: IOMMUDocument.Vendor?) -> String {
        let intel = "\"Intel VT-d\" (Intel Virtualization Technology for Directed I/O)"
        let amd = "\"IOMMU\" (also called AMD-Vi; often below AMD CBS, NBIO; choose Enabled, not Auto)"
        return switch vendor {
        case .intel: "Enable \(intel) in the firmware setup."
        case .amd: "Enable \(amd) in the firmware setup."
        case .other, nil: "Enable \(intel), or on AMD \(amd), in the firmware setup."
        }
    }

    private static func withTable(_ seen: IOMMUEvidence, _ evidence: [String]) -> IOMMUStatus {
        let isIntel = seen.tables?.contains("DMAR") == true
        let evidence = evidence + ["the firmware gave the kernel \(isIntel ? "a DMAR" : "an IVRS") table"]
        if let option = seen.disablingOption(isIntel: isIntel) {
            return IOMMUStatus(
                status: .offOnCommandLine, evidence: evidence + ["the kernel was booted with \(option)"],
                reason: "The kernel was told not to use the IOMMU.",
                fix: "Remove \(option) from the kernel's command line and reboot.")
        }
        if isIntel, seen.configuration?.value(of: "INTEL_IOMMU") != "n",
            seen.configuration?.isOn("INTEL_IOMMU_DEFAULT_ON") != true,
            seen.commandLine?.values(of: "intel_iommu").contains("on") != true
        {
            return IOMMUStatus(
                status: .needsArgument,
                evidence: evidence + [
                    seen.configuration == nil
                        ? "the kernel's configuration cannot be read"
                        : "the kernel is built without INTEL_IOMMU_DEFAULT_ON",
                    seen.commandLine == nil
                        ? "the kernel's command line cannot be read"
                        : "intel_iommu=on is not on the kernel's command line",
                ], reason: "This kernel uses an Intel IOMMU only when it is told to.",
                fix: "Add intel_iommu=on to the kernel's command line and reboot.")
        }
        return failed(seen, evidence, isIntel: isIntel)
    }

    private static func failed(_ seen: IOMMUEvidence, _ evidence: [String], isIntel: Bool) -> IOMMUStatus {
        let option = isIntel ? "INTEL_IOMMU" : "AMD_IOMMU"
        if seen.configuration?.value(of: option) == "n" {
            return IOMMUStatus(
                status: .failed, evidence: evidence + ["the kernel is built without \(option)"],
                reason: "This kernel has no driver for the IOMMU.", fix: "Boot a kernel with CONFIG_\(option)=y.")
        }
        let messages = seen.log.failureMessages
        return IOMMUStatus(
            status: .failed, evidence: evidence + messages.map { "kernel log: \($0)" },
            reason: "The firmware describes an IOMMU and nothing switches it off, yet the kernel made no groups.",
            fix: messages.isEmpty
                ? "Look for DMAR or AMD-Vi in the kernel's log (journalctl -k), and update the firmware."
                : "Update the firmware; the kernel's messages tell what it stumbled over.")
    }
}

extension IOMMUEvidence {
    fileprivate var unitEvidence: [String] {
        units.isEmpty
            ? [] : ["the kernel drives \(units.count == 1 ? "the unit" : "the units") " + units.joined(separator: ", ")]
    }

    /// The option that switches the IOMMU off. Of several with one name, the kernel takes the last.
    fileprivate func disablingOption(isIntel: Bool) -> String? {
        guard let commandLine else { return nil }
        let own = isIntel ? "intel_iommu" : "amd_iommu"
        let last = commandLine.values(of: own).last { $0 == "on" || $0 == "off" }
        if last == "off" { return own + "=off" }
        return commandLine.values(of: "iommu").contains("off") ? "iommu=off" : nil
    }
}

extension KernelLog {
    /// What the IOMMU's drivers said, without what they say on every machine.
    fileprivate var failureMessages: [String] {
        let routine = ["DMAR: IOMMU enabled", "functionality not available", "ACPI: DMAR", "ACPI: IVRS"]
        return messages.filter { message in
            (message.contains("DMAR") || message.contains("AMD-Vi")) && !routine.contains { message.contains($0) }
        }.prefix(5).map(\.text)
    }
}
