/// Which chunks an image is made of, in order: a `.caibx` of casync (caformat.h, caindex.c). Chunks of one size take 32 bytes of
/// memory each, others eight more.
public struct ChunkIndex: Equatable, Sendable {
    /// The lengths that chunks may have, in bytes; the last may be shorter. All equal: chunks of one size.
    public struct Lengths: Equatable, Sendable {
        public var minimum: UInt64
        public var average: UInt64
        public var maximum: UInt64

        public init(minimum: UInt64, average: UInt64, maximum: UInt64) {
            self.minimum = minimum
            self.average = average
            self.maximum = maximum
        }

        public static func fixed(_ bytes: UInt64) -> Self { Self(minimum: bytes, average: bytes, maximum: bytes) }

        public var isFixed: Bool { minimum == maximum }
    }

    public let lengths: Lengths
    /// The image's length in bytes.
    public private(set) var size: UInt64 = 0
    private var ids: [UInt8] = []
    /// Where each chunk ends; empty for chunks of one size.
    private var ends: [UInt64] = []

    /// Of an image without any chunk yet.
    /// - Parameter capacity: for so many chunks room is made at once.
    public init(_ lengths: Lengths, capacity: Int = 0) {
        self.lengths = lengths
        ids.reserveCapacity(capacity * ChunkID.length)
    }

    /// Of chunks of one length; the last may be shorter.
    /// - Parameter ids: their names, one after the other, as many as the size takes.
    init(chunkBytes: UInt64, size: UInt64, ids: [UInt8]) {
        lengths = .fixed(chunkBytes)
        self.size = size
        self.ids = ids
    }

    public var count: Int { ids.count / ChunkID.length }

    public func id(of chunk: Int) -> ChunkID {
        ids.withUnsafeBytes { ids in
            ChunkID(
                bytes: UnsafeRawBufferPointer(rebasing: ids[chunk * ChunkID.length..<(chunk + 1) * ChunkID.length]))
        }
    }

    /// Of what makes this another index: lengths, size and chunks.
    var digest: ChunkID {
        var bytes: [UInt8] = []
        for part in [ids.withUnsafeBytes(ChunkID.init(of:)), ends.withUnsafeBytes(ChunkID.init(of:))] {
            part.append(to: &bytes)
        }
        for number in [lengths.minimum, lengths.average, lengths.maximum, size] {
            withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes.withUnsafeBytes { ChunkID(of: $0) }
    }

    /// The place of a chunk in the image.
    public func range(of chunk: Int) -> Range<UInt64> {
        guard lengths.isFixed else { return (chunk == 0 ? 0 : ends[chunk - 1])..<ends[chunk] }
        let start = UInt64(chunk) * lengths.maximum
        return start..<min(start + lengths.maximum, size)
    }

    /// The chunk that has a byte of the image.
    func chunk(at offset: UInt64) -> Int {
        lengths.isFixed ? Int(offset / lengths.maximum) : ends.partition { $0 > offset }
    }

    /// - Returns: false, and nothing is added, for a chunk that may not come next: none may follow one that is too short.
    mutating func append(_ id: ChunkID, length: UInt64) -> Bool {
        guard length > 0, length <= lengths.maximum, count == 0 || range(of: count - 1).count >= lengths.minimum else {
            return false
        }
        let (end, overflow) = size.addingReportingOverflow(length)
        guard !overflow, end <= UInt64(Int64.max) else { return false }
        size = end
        id.append(to: &ids)
        if !lengths.isFixed { ends.append(end) }
        return true
    }
}
