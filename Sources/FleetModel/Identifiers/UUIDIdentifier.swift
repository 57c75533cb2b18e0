import FoundationEssentials

/// A UUID that identifies one kind of thing, in lowercase.
public struct UUIDIdentifier<Kind>: TextIdentifier, CodingKeyRepresentable {
    public static var expectation: String { "a UUID such as 1b4e28ba-2fa1-41d2-883f-0016d3cca427" }
    public let uuid: UUID

    public init(_ uuid: UUID) { self.uuid = uuid }

    public init?(_ text: String) {
        guard let uuid = UUID(text: text) else { return nil }
        self.uuid = uuid
    }

    public static func random() -> Self { Self(UUID()) }

    public var description: String { uuid.text }

    public var codingKey: any CodingKey { IdentifierKey(stringValue: description) }
    public init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}

private struct IdentifierKey: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// What a `UUIDIdentifier` identifies.
public enum IdentifierKind {
    public enum Host {}
    public enum VM {}
    public enum Session {}
    public enum Epoch {}
    public enum Store {}
    public enum Upload {}
    public enum MediatedDevice {}
}

/// A host's identity, equal to its MQTT user name and client ID (and, with TLS, its certificate's CN).
public typealias HostID = UUIDIdentifier<IdentifierKind.Host>
/// A VM's identity: the UUID of its libvirt domain.
public typealias VMID = UUIDIdentifier<IdentifierKind.VM>
/// One connection to the broker; in birth and will alike, so that an old will never hides a new birth.
public typealias SessionID = UUIDIdentifier<IdentifierKind.Session>
/// One opening of an agent's spool.
public typealias EpochID = UUIDIdentifier<IdentifierKind.Epoch>
/// One life of a controller's database, renewed when it is restored from a backup.
public typealias StoreID = UUIDIdentifier<IdentifierKind.Store>
public typealias UploadID = UUIDIdentifier<IdentifierKind.Upload>
/// A mediated device's name in the kernel, given by who made it.
public typealias MediatedDeviceID = UUIDIdentifier<IdentifierKind.MediatedDevice>
