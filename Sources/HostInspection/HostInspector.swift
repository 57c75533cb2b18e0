import FleetRuntime

/// Inspects the machine, on a thread of its own: a file system that hangs holds up nothing else.
public actor HostInspector {
    private let executor = ThreadExecutor(name: "inspection")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    public init() {}

    public func inspect(_ subject: InspectionSubject) -> Inspection {
        let storage = StorageInspector().inspect(subject)
        let network = NetworkInspector().inspect(subject)
        let (pci, iommu) = PCIInspector().inspect(subject, storage: storage, network: network)
        return Inspection(
            cpu: CPUInspector().inspect(subject), memory: MemoryInspector().inspect(subject), pci: pci, iommu: iommu,
            storage: storage, network: network, software: SoftwareInspector().inspect(subject),
            laptop: LaptopInspector().inspect(subject), readiness: ReadinessDocument(findings: []), limitations: [])
    }
}
