/// The parts of a host's inventory; each is one retained document, sent when its digest changes.
public enum InventoryPart: String, CaseIterable, Codable, Hashable, Sendable, CodingKeyRepresentable {
    case cpu, memory, pci, iommu, storage, network, software, laptop, readiness, templates

    /// The MQTT user property that carries the document's digest.
    public static let digestProperty = "digest"
}

/// Digests by part. A part that only a newer version knows is passed over, so that old and new understand each other.
@propertyWrapper
public struct KnownParts: Codable, Equatable, Sendable {
    public var wrappedValue: [InventoryPart: Digest]

    public init(wrappedValue: [InventoryPart: Digest]) { self.wrappedValue = wrappedValue }

    public init(from decoder: any Decoder) throws {
        let digests = try decoder.singleValueContainer().decode([String: Digest].self)
        wrappedValue = Dictionary(
            uniqueKeysWithValues: digests.compactMap { name, digest in
                InventoryPart(rawValue: name).map { ($0, digest) }
            })
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(wrappedValue)
    }
}
