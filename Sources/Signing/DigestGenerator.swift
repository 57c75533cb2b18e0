import FleetModel

/// The same digits for the same text, always: what everybody would name alike gets an identity by it.
public struct DigestGenerator: RandomNumberGenerator {
    private let text: String
    private var count = 0

    public init(text: String) { self.text = text }

    public mutating func next() -> UInt64 {
        count += 1
        let digest = SHA256Hasher.digest(of: Array("\(text)/\(count)".utf8)).description
        return UInt64(digest.prefix(16), radix: 16) ?? 0
    }
}
