import FleetRuntime

/// Inspects the machine, on a thread of its own: a file system that hangs holds up nothing else.
public actor HostInspector {
    private let executor = ThreadExecutor(name: "inspection")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    public init() {}

    public func inspect(_ subject: InspectionSubject) -> Inspection {
        var limitations: [Inspection.Limitation] = []
        let kernelLog = KernelLog(of: subject.root, limitations: &limitations)
        let foundations = Foundations(
            root: subject.root, devices: BlockDevices(subject.root), mounts: MountTable(subject.root))
        let storage = StorageInspector(foundations: foundations).inspect(subject, limitations: &limitations)
        let network = NetworkInspector().inspect(subject)
        let hostUses = HostUseInspector().inspect(subject, foundations: foundations, network: network)
        let (pci, iommu) = PCIInspector().inspect(
            subject, storage: storage, network: network, hostUses: hostUses, kernelLog: kernelLog,
            limitations: &limitations)
        let software = SoftwareInspector().inspect(subject, limitations: &limitations)
        var inspection = Inspection(
            cpu: CPUInspector().inspect(subject), memory: MemoryInspector().inspect(subject), pci: pci, iommu: iommu,
            storage: storage, network: network, software: software, laptop: LaptopInspector().inspect(subject),
            readiness: ReadinessDocument(), limitations: limitations)
        inspection.readiness = ReadinessDocument(
            of: ReadinessFacts(of: inspection, subject, kernelLog: kernelLog, foundations: foundations))
        return inspection
    }
}
