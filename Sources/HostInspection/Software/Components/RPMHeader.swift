/// The header of a package in rpm's database: a count of entries and of bytes, the entries (tag, type, offset, count),
/// the bytes; numbers are big-endian (rpm, docs/manual/format_header.md).
struct RPMHeader: Sendable {
    /// Bytes; those of the largest packages have some megabytes.
    static let largest = 64 << 20

    enum Tag: UInt32 {
        case version = 1001
        case release = 1002
    }

    private static let stringType: UInt32 = 6
    private static let entrySize = 16

    private let bytes: [UInt8]
    private let entries: Int

    init?(_ bytes: [UInt8]) {
        guard let entries = Self.word(bytes, 0), let size = Self.word(bytes, 4),
            8 + Int(entries) * Self.entrySize + Int(size) <= bytes.count
        else { return nil }
        self.bytes = bytes
        self.entries = Int(entries)
    }

    /// Nil when it has no such entry, or one of another type or without an end.
    func text(_ tag: Tag) -> String? {
        for entry in 0..<entries {
            let start = 8 + entry * Self.entrySize
            guard Self.word(bytes, start) == tag.rawValue else { continue }
            guard Self.word(bytes, start + 4) == Self.stringType, let offset = Self.word(bytes, start + 8) else {
                return nil
            }
            let text = bytes.dropFirst(8 + entries * Self.entrySize + Int(offset))
            guard let end = text.firstIndex(of: 0) else { return nil }
            return String(decoding: text[..<end], as: UTF8.self)
        }
        return nil
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32? {
        guard offset + 4 <= bytes.count else { return nil }
        return bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
}
