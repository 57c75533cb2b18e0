import FleetModel

/// One part of the inventory as it is published.
public struct InventoryDocument: Equatable, Sendable {
    public var part: InventoryPart
    /// Canonical JSON: equal facts are equal bytes.
    public var json: [UInt8]
}
