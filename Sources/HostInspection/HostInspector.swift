import FleetModel
import FleetRuntime
import FoundationEssentials
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

/// Inspects the machine, on a thread of its own: a file system that hangs holds up nothing else.
public actor HostInspector {
    /// Every inspector; a new part of the inventory is one more entry.
    static let all: [any Inspector] = [CPUInspector(), MemoryInspector(), SoftwareInspector(), StorageInspector()]

    /// The parts that `inspect` yields.
    public static var parts: [InventoryPart] { all.map(\.part) }

    private let executor = ThreadExecutor(name: "inspection")
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    public init() {}

    public func inspect(_ subject: InspectionSubject) throws -> [InventoryDocument] {
        try Self.all.map { inspector in
            InventoryDocument(part: inspector.part, json: Array(try FleetJSON.encode(inspector.inspect(subject))))
        }
    }
}
