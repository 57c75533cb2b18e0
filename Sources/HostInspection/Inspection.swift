import FleetModel
import FoundationEssentials

/// All that was found out of a machine: what `virtfleet-agent inspect --output json` prints, described by
/// docs/inspection.schema.json. The agent publishes each member but the first and the last as a part of the inventory.
public struct Inspection: Codable, Equatable, Sendable {
    /// A fact that could not be seen, and what would show it.
    public struct Limitation: Codable, Equatable, Sendable {
        public var fact: String
        /// `run as root`, `run on the machine itself`, ...
        public var needs: String
    }

    /// Of the document's schema: a new number when a member goes or changes its meaning.
    public var version = 1
    public var cpu: CPUDocument
    public var memory: MemoryDocument
    public var pci: [PCIDevice]
    public var iommu: IOMMUDocument
    /// The ways to give a VM graphics, the best for the guest first.
    public var graphics: [GraphicsOption]
    public var storage: StorageDocument
    public var network: NetworkDocument
    public var software: SoftwareDocument
    public var laptop: LaptopDocument
    public var readiness: ReadinessDocument
    public var limitations: [Limitation]

    /// `inventory/pci`.
    private struct PCIPart: Encodable {
        var devices: [PCIDevice]
        var graphics: [GraphicsOption]
    }

    /// The parts of the inventory.
    public func documents() throws -> [InventoryDocument] {
        let parts: [(InventoryPart, any Encodable)] = [
            (.cpu, cpu), (.memory, memory), (.pci, PCIPart(devices: pci, graphics: graphics)), (.iommu, iommu),
            (.storage, storage), (.network, network),
            (.software, software), (.laptop, laptop), (.readiness, readiness),
        ]
        return try parts.map { InventoryDocument(part: $0, json: Array(try FleetJSON.encode($1))) }
    }
}
