import FleetRuntime

/// Inspects the machine, on a thread of its own: a file system that hangs holds up nothing else.
public actor HostInspector {
    private let executor = ThreadExecutor(name: "inspection")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    public init() {}

    public func inspect(_ subject: InspectionSubject) -> Inspection {
        let kernelLog = KernelLog(of: subject.root)
        let storage = StorageInspector().inspect(subject)
        let network = NetworkInspector().inspect(subject)
        let (pci, iommu) = PCIInspector().inspect(subject, storage: storage, network: network)
        return Inspection(
            cpu: CPUInspector().inspect(subject), memory: MemoryInspector().inspect(subject), pci: pci, iommu: iommu,
            storage: storage, network: network, software: SoftwareInspector().inspect(subject),
            laptop: LaptopInspector().inspect(subject), readiness: ReadinessDocument(findings: []),
            limitations: Self.limitations(of: subject, kernelLog))
    }

    /// What no part of the machine itself can tell.
    private static func limitations(of subject: InspectionSubject, _ log: KernelLog) -> [Inspection.Limitation] {
        var limitations: [Inspection.Limitation] = []
        if log.messages.isEmpty {
            let needs =
                subject.root.isLive
                ? "run as root, or set kernel.dmesg_restrict=0" : "a captured log: dmesg > DIR/var/log/dmesg"
            limitations.append(.init(fact: "kernel log", needs: needs))
        }
        if subject.hypervisor == nil {
            limitations.append(
                .init(fact: "storage pools, and devices assigned to VMs", needs: "the agent's connection to libvirt"))
        }
        return limitations
    }
}
