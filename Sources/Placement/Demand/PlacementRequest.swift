import FleetModel

/// What a plan is made from: one host as its inventory describes it, and the VMs that shall run there.
public struct PlacementRequest: Codable, Equatable, Sendable {
    public var cpu: CPUDocument
    /// With momentary values where they are at hand: how many huge pages are free, and how much memory.
    public var memory: MemoryDocument
    public var pci: [PCIDevice]
    /// In any order.
    public var vms: [VMDemand]
    /// The VM that the person at the machine works with.
    public var foreground: VMID?

    public init(
        cpu: CPUDocument, memory: MemoryDocument, pci: [PCIDevice], vms: [VMDemand], foreground: VMID? = nil
    ) {
        self.cpu = cpu
        self.memory = memory
        self.pci = pci
        self.vms = vms
        self.foreground = foreground
    }
}
