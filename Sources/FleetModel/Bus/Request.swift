import FoundationEssentials

/// `down/<host>/request`: one of a fixed list of read-only calls, with MQTT response topic and correlation data.
public struct Request: Codable, Equatable, Sendable {
    public enum Call: String, Codable, CaseIterable, Sendable {
        /// Publish these inventory parts and every VM document again.
        case publishInventory = "inventory.publish"
    }
    public var call: Call
    public var parts: [InventoryPart]
    public var expiresAt: Date

    public init(call: Call, parts: [InventoryPart], expiresAt: Date) {
        self.call = call
        self.parts = parts
        self.expiresAt = expiresAt
    }

    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        call = try values.decode(Call.self, forKey: .call)
        // A newer controller may ask for a part that there is not here.
        parts = try values.decode([String].self, forKey: .parts).compactMap(InventoryPart.init)
        expiresAt = try values.decode(Date.self, forKey: .expiresAt)
    }
}

/// `up/<host>/reply`.
public struct Reply: Codable, Equatable, Sendable {
    public var ok: Bool
    public var message: String?
    public init(ok: Bool, message: String? = nil) {
        self.ok = ok
        self.message = message
    }
}
