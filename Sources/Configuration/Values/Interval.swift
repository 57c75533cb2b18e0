/// A length of time: `500ms`, `30s`, `5m`, `48h`, `7d`.
public struct Interval: Codable, Hashable, Comparable, Sendable, CustomStringConvertible {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    private static let maximum: Int64 = 10 * 366 * 86_400_000
    private let milliseconds: Int64

    public var duration: Duration { .milliseconds(milliseconds) }

    public static func seconds(_ seconds: Int64) -> Interval { Interval(milliseconds: seconds * 1000) }

    private init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// - Returns: nil for anything but a whole number with a unit, up to ten years.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let suffix = text.dropFirst(digits.count)
        guard let count = Int64(digits), let unit = Self.units.first(where: { $0.suffix == suffix }) else { return nil }
        let (product, overflow) = count.multipliedReportingOverflow(by: unit.milliseconds)
        guard !overflow, product <= Self.maximum else { return nil }
        milliseconds = product
    }

    public var description: String {
        let unit = Self.units.last { milliseconds % $0.milliseconds == 0 && milliseconds >= $0.milliseconds }
        return unit.map { "\(milliseconds / $0.milliseconds)\($0.suffix)" } ?? "\(milliseconds)ms"
    }

    public static func < (left: Interval, right: Interval) -> Bool { left.milliseconds < right.milliseconds }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let text = try? container.decode(String.self), let interval = Interval(text) else {
            throw UnexpectedValue.error("expected a length of time such as 30s, 5m, 48h or 7d", in: container)
        }
        self = interval
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
