import FleetModel
import Signing

/// One part of the inventory as it is published.
public struct InventoryDocument: Equatable, Sendable {
    public var part: InventoryPart
    /// Canonical JSON: equal facts are equal bytes.
    public var json: [UInt8]
    /// SHA-256 of `json`.
    public var digest: Digest

    public init(part: InventoryPart, json: [UInt8]) {
        self.part = part
        self.json = json
        self.digest = SHA256Hasher.digest(of: json)
    }
}
