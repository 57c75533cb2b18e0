/// A job's identity: a ULID, 26 characters of Crockford base 32, sorted by creation time
/// (https://github.com/ulid/spec).
public struct JobID: TextIdentifier {
    public static let expectation = "a ULID such as 01ARZ3NDEKTSV4RRFFQ69G5FAV"
    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    public let description: String

    public init?(_ text: String) {
        let upper = text.uppercased()
        guard upper.utf8.count == 26, upper.utf8.allSatisfy(Self.alphabet.contains), upper.first! <= "7" else {
            return nil
        }
        description = upper
    }

    /// - Parameter milliseconds: Unix time of creation; only the low 48 bits count.
    public init(milliseconds: UInt64, using generator: inout some RandomNumberGenerator) {
        var characters: [UInt8] = []
        characters.reserveCapacity(26)
        for shift in stride(from: 45, through: 0, by: -5) {
            characters.append(Self.alphabet[Int((milliseconds & 0xFFFF_FFFF_FFFF) >> UInt64(shift) & 31)])
        }
        for _ in 0..<16 { characters.append(Self.alphabet[Int.random(in: 0..<32, using: &generator)]) }
        description = String(decoding: characters, as: UTF8.self)
    }
}
