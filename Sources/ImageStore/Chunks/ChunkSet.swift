/// Some of an image's chunks, a bit for each.
public struct ChunkSet: Equatable, Sendable {
    /// The lowest bit of the first byte is the first chunk's.
    private(set) var bytes: [UInt8]

    /// None of so many chunks.
    init(count: Int) { bytes = [UInt8](repeating: 0, count: Self.length(of: count)) }

    /// - Parameter bytes: `length(of:)` of them.
    init(bytes: [UInt8]) { self.bytes = bytes }

    static func length(of count: Int) -> Int { (count + 7) / 8 }

    func contains(_ chunk: Int) -> Bool { bytes[chunk / 8] & (1 << UInt8(chunk % 8)) != 0 }

    mutating func insert(_ chunk: Int) { bytes[chunk / 8] |= 1 << UInt8(chunk % 8) }
}
