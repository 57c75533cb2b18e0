import FoundationEssentials

/// One time at which a recurring window is open, `[start, end]` in UTC.
public struct Occurrence: Codable, Equatable, Sendable {
    public var start: Date
    /// The first moment after it.
    public var end: Date

    public init(start: Date, end: Date) {
        self.start = start
        self.end = end
    }

    public func contains(_ date: Date) -> Bool { start <= date && date < end }

    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        start = try container.decode(Date.self)
        end = try container.decode(Date.self)
        guard container.isAtEnd, start < end else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "expected [start, end], the end after the start")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(start)
        try container.encode(end)
    }
}

extension [Occurrence] {
    /// In order of their starts, with those that touch as one.
    public var merged: [Occurrence] {
        sorted { $0.start < $1.start }.reduce(into: []) { merged, next in
            if let last = merged.indices.last, next.start <= merged[last].end {
                merged[last].end = Swift.max(merged[last].end, next.end)
            } else {
                merged.append(next)
            }
        }
    }
}
