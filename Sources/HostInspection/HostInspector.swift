import FleetRuntime

/// Inspects the machine, on a thread of its own: a file system that hangs holds up nothing else.
public actor HostInspector {
    private let executor = ThreadExecutor(name: "inspection")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    public init() {}

    public func inspect(_ subject: InspectionSubject) async -> Inspection {
        // A copy has no device to ask.
        let kvm = subject.root.isLive ? await KVMProbe.state() : nil
        var limitations: [Inspection.Limitation] = []
        let kernelLog = KernelLog(of: subject.root, limitations: &limitations)
        let kernel = RunningKernel(subject.root)
        let foundations = Foundations(
            root: subject.root, devices: BlockDevices(subject.root), mounts: MountTable(subject.root))
        let storage = StorageInspector(foundations: foundations).inspect(subject, limitations: &limitations)
        let network = NetworkInspector().inspect(subject)
        let groups = GroupReader(root: subject.root).groups()
        var pci = PCIInspector(kernel: kernel).inspect(subject, groups: groups, limitations: &limitations)
        let hostUses = HostUseInspector().inspect(
            subject, devices: pci, foundations: foundations, network: network, limitations: &limitations)
        for index in pci.indices { pci[index].hostUses = hostUses[pci[index].address] ?? [] }
        let iommu = IOMMUInspector(kernel: kernel).inspect(subject, groups: groups, devices: pci, log: kernelLog)
        PassthroughJudge(iommu: iommu).judge(&pci)
        let software = SoftwareInspector(kernel: kernel, mounts: foundations.mounts).inspect(
            subject, limitations: &limitations)
        var inspection = Inspection(
            cpu: CPUInspector().inspect(subject, kvm: kvm), memory: MemoryInspector().inspect(subject), pci: pci,
            iommu: iommu, graphics: GraphicsInspector(subject.root, kernel: kernel).inspect(pci, iommu: iommu),
            storage: storage,
            network: network, software: software,
            laptop: LaptopInspector().inspect(subject), readiness: ReadinessDocument(), limitations: limitations)
        inspection.readiness = ReadinessDocument(
            of: ReadinessFacts(of: inspection, subject, kernelLog: kernelLog, foundations: foundations))
        return inspection
    }
}
