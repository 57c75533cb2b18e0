/// An amount of memory or disk: `4 GiB`, `512MiB`, `1 TB`, or a number of bytes.
public struct ByteSize: Codable, Hashable, Comparable, Sendable, CustomStringConvertible {
    private static let units: [(suffix: String, bytes: UInt64)] = [
        ("", 1), ("B", 1), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
    ]
    public let bytes: UInt64

    public init(bytes: UInt64) { self.bytes = bytes }

    public init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let rest = text.dropFirst(digits.count)
        let suffix = rest.first == " " ? rest.dropFirst() : rest
        guard let count = UInt64(digits), let unit = Self.units.first(where: { $0.suffix == suffix }) else {
            return nil
        }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit.bytes)
        guard !overflow else { return nil }
        bytes = product
    }

    public var description: String {
        let unit = Self.units.last { $0.suffix.hasSuffix("iB") && bytes >= $0.bytes && bytes % $0.bytes == 0 }
        return unit.map { "\(bytes / $0.bytes) \($0.suffix)" } ?? "\(bytes)"
    }

    public static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let text = try? container.decode(String.self), let size = ByteSize(text) else {
            throw UnexpectedValue.error("expected a size such as 512 MiB or 4 GiB", in: container)
        }
        self = size
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
