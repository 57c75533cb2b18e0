/// The parts of a host's inventory; each is one retained document, sent when its digest changes.
public enum InventoryPart: String, CaseIterable, Codable, Hashable, Sendable, CodingKeyRepresentable {
    case cpu, memory, pci, iommu, storage, network, software, laptop, readiness, templates

    /// The MQTT user property that carries the document's digest.
    public static let digestProperty = "digest"
}
