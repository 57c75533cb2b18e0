import FleetModel
import FleetRuntime
import FoundationEssentials

/// The keys that sign side by side, the oldest first: one, or two while those who verify change from one to the next.
/// The file form is theirs, one after the other.
public struct KeyRing: Sendable {
    public let keys: [SigningKey]

    public init(_ keys: [SigningKey]) { self.keys = keys }

    public var verifyingKeys: [VerifyingKey] { keys.map(\.verifyingKey) }

    /// The document in an envelope that all keys have signed, as it travels.
    public func seal<Intent: SignedIntent>(_ intent: Intent) throws -> [UInt8] {
        try Envelope(signing: [UInt8](FleetJSON.encode(intent)), type: Intent.payloadType, with: keys).json()
    }

    /// Reads the file form.
    /// - Throws: also when there is no key in it.
    public init(path: String) throws(SigningError) {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw .keyFile(path: path, "cannot be read: \(error)")
        }
        var lines = text.split(whereSeparator: \.isNewline)[...]
        var keys: [SigningKey] = []
        repeat {
            guard let key = try SigningKey(pem: lines.prefix(3)) else {
                throw .keyFile(path: path, "is not an Ed25519 private key in PEM (PKCS #8)")
            }
            keys.append(key)
            lines = lines.dropFirst(3)
        } while !lines.isEmpty
        self.keys = keys
    }

    /// Writes a file that only its owner can read, synced, in place of what is there: one or the other is found after a crash.
    public func save(to path: String) throws(FileError) {
        try DurableFile.replace(path, with: keys.map(\.pem).joined().utf8, mode: 0o600)
    }
}
