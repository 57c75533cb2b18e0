import FleetModel
import FleetRuntime
import Signing
import Synchronization

/// The keys that sign for the controller. Their file is replaced before anything is signed by what it says: a controller that dies
/// in between finds its documents signed by others at its next start, and signs them again.
public final class ControllerKeys: Sendable {
    private let path: String
    private let ring: Mutex<KeyRing>

    /// Reads the keys, or makes the first. The caller holds the state directory's lock.
    public init(path: String) throws {
        self.path = path
        if DurableFile.exists(path) {
            ring = Mutex(try KeyRing(path: path))
        } else {
            let first = KeyRing([try .generate()])
            try first.save(to: path)
            ring = Mutex(first)
        }
    }

    public var current: KeyRing { ring.withLock(\.self) }

    /// Makes the next key, which signs beside the present one from now on.
    /// - Throws: a 409 `Problem` while two sign already.
    func rotate() throws -> VerifyingKey {
        try ring.withLock { ring in
            guard ring.keys.count == 1 else {
                throw Problem.conflict(
                    "rotation-under-way",
                    "two keys sign already, \(Self.names(ring)); retire one of them before another is made")
            }
            let next = try SigningKey.generate()
            try replace(&ring, with: ring.keys + [next])
            return next.verifyingKey
        }
    }

    /// Those that are left when one goes.
    /// - Throws: a `Problem` when there is no such key, or no other.
    func others(than id: String) throws(Problem) -> [VerifyingKey] {
        try Self.others(than: id, in: current).map(\.verifyingKey)
    }

    /// Gives up a key for good.
    /// - Throws: as `others(than:)`.
    func retire(_ id: String) throws {
        try ring.withLock { ring in try replace(&ring, with: Self.others(than: id, in: ring)) }
    }

    private static func others(than id: String, in ring: KeyRing) throws(Problem) -> [SigningKey] {
        let rest = ring.keys.filter { $0.verifyingKey.keyID != id }
        guard rest.count < ring.keys.count else {
            throw .notFound("no key '\(id.prefix(80))' signs here; there are \(names(ring))")
        }
        guard !rest.isEmpty else {
            throw .conflict("last-key", "key \(id) is the only one; make the next with 'virtfleet key rotate' first")
        }
        return rest
    }

    private func replace(_ ring: inout KeyRing, with keys: [SigningKey]) throws {
        let changed = KeyRing(keys)
        try changed.save(to: path)
        ring = changed
    }

    private static func names(_ ring: KeyRing) -> String {
        ring.verifyingKeys.map(\.keyID).joined(separator: " and ")
    }
}
