/// The length of every chunk of an image but the last: a whole number of 4 KiB blocks, up to casync's limit of 128 MiB.
public struct ChunkSize: Equatable, Sendable {
    static let block: UInt64 = 4 << 10

    public let bytes: UInt64

    /// - Returns: nil for a length that chunks cannot have.
    public init?(bytes: UInt64) {
        guard bytes > 0, bytes <= ChunkIndex.longestChunk, bytes.isMultiple(of: Self.block) else { return nil }
        self.bytes = bytes
    }

    /// What fits an image of this length: a guest writes in small places, and an index has to stay readable over HTTP by casync,
    /// which takes 16 MiB of it.
    public init(for size: UInt64) {
        switch size {
        case ...(64 << 30): bytes = 64 << 10
        case ...(128 << 30): bytes = 128 << 10
        default: bytes = 256 << 10
        }
    }
}
