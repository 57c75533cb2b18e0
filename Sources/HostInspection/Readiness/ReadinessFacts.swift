import FleetModel

/// All that checks look at. What the tree did not tell is absent in the documents.
public struct ReadinessFacts: Sendable {
    public var cpu: CPUDocument
    public var memory: MemoryDocument
    public var pci: [PCIDevice]
    public var iommu: IOMMUDocument
    /// With its momentary values, such as free space.
    public var storage: StorageDocument
    public var network: NetworkDocument
    /// With its momentary values, such as whether the clock is synchronised.
    public var software: SoftwareDocument
    /// Installed programs can be seen: one that is not there is missing.
    public var showsPrograms: Bool
    /// With its momentary values, such as temperatures.
    public var laptop: LaptopDocument
    public var kernelLog: KernelLog
    /// Windows VMs that are defined without the timers they need to rest, by name.
    public var restlessVMs: [String] = []
    /// The profiles that VMs of this host are made from.
    public var profiles: [ProfileNeeds]
    /// Findings quote numbers that change by themselves. Without it they change with their level only.
    public var quotesMomentary: Bool

    /// - Parameter inspection: with its momentary values. What it says of readiness is not looked at.
    public init(
        _ inspection: Inspection, kernelLog: KernelLog = KernelLog(messages: []), profiles: [ProfileNeeds] = [],
        showsPrograms: Bool = true, quotesMomentary: Bool = false
    ) {
        cpu = inspection.cpu
        memory = inspection.memory
        pci = inspection.pci
        iommu = inspection.iommu
        storage = inspection.storage
        network = inspection.network
        software = inspection.software
        laptop = inspection.laptop
        self.kernelLog = kernelLog
        self.profiles = profiles
        self.showsPrograms = showsPrograms
        self.quotesMomentary = quotesMomentary
    }

    /// - Parameter inspection: of the subject, with or without momentary values; those that checks judge by are added.
    init(of inspection: Inspection, _ subject: InspectionSubject, kernelLog: KernelLog, foundations: Foundations) {
        let root = subject.root
        self.init(
            inspection, kernelLog: kernelLog, profiles: subject.profiles,
            showsPrograms: root.exists("/usr/bin") || root.exists("/var/lib/dpkg/status"),
            quotesMomentary: subject.includesMomentary)
        restlessVMs = subject.restlessVMs
        guard !subject.includesMomentary else { return }
        var now = subject
        now.includesMomentary = true
        var known = inspection.limitations
        storage = StorageInspector(foundations: foundations).inspect(now, limitations: &known)
        laptop = LaptopInspector().inspect(now)
        software.clock.synchronised = ClockService.isSynchronised(root)
    }
}
