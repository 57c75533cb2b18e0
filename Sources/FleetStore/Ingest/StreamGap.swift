import FleetModel

/// What stands in the events where records are missing that the host no longer holds.
struct StreamGap: Encodable {
    static let type = EventType(rawValue: "stream.gap")

    let header: StreamHeader
    let body: Body

    struct Body: Encodable {
        let count: UInt64
        let message: String
    }

    /// - Parameter next: the record after the gap; it gives the time.
    static func record(of gap: ClosedRange<UInt64>, before next: StreamHeader) -> StreamGap {
        var header = next
        header.type = type
        header.from = gap.lowerBound
        header.seq = gap.upperBound
        return StreamGap(
            header: header,
            body: Body(
                count: gap.upperBound - gap.lowerBound + 1,
                message: "the host no longer holds records \(gap.lowerBound) to \(gap.upperBound) of this epoch"))
    }

    private enum Keys: CodingKey { case body }

    func encode(to encoder: any Encoder) throws {
        try header.encode(to: encoder)
        var container = encoder.container(keyedBy: Keys.self)
        try container.encode(body, forKey: .body)
    }
}
