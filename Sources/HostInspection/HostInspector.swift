import FleetModel
import FleetRuntime

/// Inspects the machine. What does not need each other is read at the same time.
public struct HostInspector: Sendable {
    public init() {}

    /// On a thread of its own: a file system that hangs holds up nothing else.
    public func inspect(_ subject: InspectionSubject) async -> Inspection {
        await BlockingWork(name: "inspect").run { inspection(of: subject) }
    }

    /// For a caller that may block.
    public func inspection(of subject: InspectionSubject) -> Inspection {
        // A copy has no device to ask.
        let kvm = subject.root.isLive ? KVMProbe() : nil
        let system = NamedThread.Part("inspect-system") { SystemPart(subject) }
        let log = NamedThread.Part("inspect-log") { KernelLogPart(subject) }
        let devices = DevicePart(subject)
        return judged(subject, devices, log.join(), system.join(), kvm?.state())
    }

    private func judged(
        _ subject: InspectionSubject, _ devices: DevicePart, _ log: KernelLogPart, _ system: SystemPart,
        _ kvm: KVMState?
    ) -> Inspection {
        let kernel = system.kernel
        var pci = devices.pci
        let iommu = IOMMUInspector(kernel: kernel, processor: system.processor).inspect(
            subject, groups: devices.groups, devices: pci, log: log.log)
        PassthroughJudge(iommu: iommu).judge(&pci)
        var cpu = system.cpu
        cpu.kvm = kvm
        var inspection = Inspection(
            cpu: cpu, memory: system.memory, pci: pci, iommu: iommu,
            graphics: GraphicsInspector(subject.root, kernel: kernel).inspect(pci, iommu: iommu),
            storage: devices.storage, network: devices.network, software: system.software, laptop: system.laptop,
            readiness: ReadinessDocument(),
            limitations: log.limitations + devices.limitations + system.limitations)
        inspection.readiness = ReadinessDocument(
            of: ReadinessFacts(of: inspection, subject, kernelLog: log.log, foundations: devices.foundations))
        return inspection
    }
}

/// What is read at the same time as the other parts, and judged when all are there.
private struct KernelLogPart: Sendable {
    let log: KernelLog
    private(set) var limitations: [Inspection.Limitation] = []

    init(_ subject: InspectionSubject) { log = KernelLog(of: subject.root, limitations: &limitations) }
}

/// The machine as a whole and what runs on it.
private struct SystemPart: Sendable {
    let kernel: RunningKernel
    let processor: FirstProcessor
    let software: SoftwareDocument
    let cpu: CPUDocument
    let memory: MemoryDocument
    let laptop: LaptopDocument
    private(set) var limitations: [Inspection.Limitation] = []

    init(_ subject: InspectionSubject) {
        kernel = RunningKernel(subject.root)
        software = SoftwareInspector(kernel: kernel, mounts: MountTable(subject.root)).inspect(
            subject, limitations: &limitations)
        processor = FirstProcessor(subject.root)
        cpu = CPUInspector(processor: processor).inspect(subject)
        memory = MemoryInspector().inspect(subject)
        laptop = LaptopInspector().inspect(subject)
    }
}

/// What hangs on the buses, and what the host itself uses of it.
private struct DevicePart: Sendable {
    let foundations: Foundations
    let storage: StorageDocument
    let network: NetworkDocument
    let groups: [GroupReader.Group]
    private(set) var pci: [PCIDevice]
    private(set) var limitations: [Inspection.Limitation] = []

    init(_ subject: InspectionSubject) {
        foundations = Foundations(
            root: subject.root, devices: BlockDevices(subject.root), mounts: MountTable(subject.root))
        storage = StorageInspector(foundations: foundations).inspect(subject, limitations: &limitations)
        network = NetworkInspector().inspect(subject)
        groups = GroupReader(root: subject.root).groups()
        pci = PCIInspector().inspect(subject, groups: groups, limitations: &limitations)
        let uses = HostUseInspector().inspect(
            subject, devices: pci, foundations: foundations, network: network, limitations: &limitations)
        for index in pci.indices { pci[index].hostUses = uses[pci[index].address] ?? [] }
    }
}
