import FleetModel

/// What a machine is and has free now: the documents that a placement is made from, with momentary values.
public struct MachineInventory: Sendable {
    public var cpu: CPUDocument
    public var memory: MemoryDocument
    public var pci: [PCIDevice]

    public init(cpu: CPUDocument, memory: MemoryDocument, pci: [PCIDevice]) {
        self.cpu = cpu
        self.memory = memory
        self.pci = pci
    }
}
