import FleetModel

/// The same digits for the same text, always: what everybody would name alike gets an identity by it.
public struct DigestGenerator: RandomNumberGenerator {
    private let text: String
    private var count = 0

    public init(text: String) { self.text = text }

    public mutating func next() -> UInt64 {
        count += 1
        let hasher = SHA256Hasher()
        hasher.update(Array("\(text)/\(count)".utf8))
        return hasher.bytes().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
