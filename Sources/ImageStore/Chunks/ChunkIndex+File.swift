import FleetRuntime
import Glibc

/// The file: head, one entry for each chunk, tail; all integers little-endian.
extension ChunkIndex {
    fileprivate enum Format {
        static let headLength: UInt64 = 48
        static let index: UInt64 = 0x9682_4d9c_7b12_9ff9
        static let table: UInt64 = 0xe75b_9e11_2f17_417d
        static let tail: UInt64 = 0x4b4f_050e_5549_ecd1
        static let entryLength: UInt64 = 40
        /// What casync writes: chunks are named by SHA-512/256; no-dump files, submounts and such were left out.
        static let flags: UInt64 = 0xb000_0000_0000_0000
        static let namesBySHA512: UInt64 = 0x2000_0000_0000_0000
        static let knownFlags: UInt64 = 0xf000_0000_0000_0000

        /// From the mark of its begin to that of its end.
        static func tableLength(_ chunks: UInt64) -> UInt64 { 16 + entryLength * (chunks + 1) }
    }

    /// In bytes: casync's own limit.
    static let longestChunk: UInt64 = 128 << 20

    /// Room is made at once for so many chunks at most, however long a file says that it is.
    private static let believedCount: UInt64 = 1 << 22

    /// - Throws: `unusable` for what is no such file, with the place of what is wrong.
    public init(file path: String) throws(ImageError) {
        var table = try ChunkTable(path)
        let entries = (DurableFile.size(path) ?? 0) / Format.entryLength
        self.init(table.lengths, capacity: Int(min(entries, Self.believedCount)))
        while let (id, end) = try table.next() {
            guard end > size, append(id, length: end - size) else {
                throw table.error("chunk \(count) cannot end at \(end)")
            }
        }
    }

    /// The chunks that another image has at the same places, by what its index file says of it.
    /// - Returns: nil when that is cut otherwise, and so says nothing of these.
    /// - Throws: `unusable` for what is no such file.
    public func chunks(alsoIn file: String) throws(ImageError) -> ChunkSet? {
        var table = try ChunkTable(file)
        guard table.lengths == lengths else { return nil }
        var chunks = ChunkSet(count: count)
        var number = 0
        while let (id, end) = try table.next() {
            if number < count, range(of: number).upperBound == end, self.id(of: number) == id {
                chunks.insert(number)
            }
            number += 1
        }
        return chunks
    }

    /// Writes the file; it has its name when it is whole.
    public func write(to path: String) throws(FileError) {
        let part = path + ".part"
        let descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw FileError("make", part) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        bytes.append(
            Format.headLength, Format.index, Format.flags, lengths.minimum, lengths.average, lengths.maximum, .max,
            Format.table)
        for chunk in 0..<count {
            bytes.append(range(of: chunk).upperBound)
            id(of: chunk).append(to: &bytes)
            if bytes.count >= 1 << 20 {
                try DurableFile.write(bytes[...], to: descriptor, path: part)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        bytes.append(
            0, 0, Format.headLength, Format.tableLength(UInt64(count)), Format.tail)
        try DurableFile.write(bytes[...], to: descriptor, path: part)
        try DurableFile.publish(part, as: path, mode: 0o644)
    }
}

/// The entries of a file, one after the other.
private struct ChunkTable: ~Copyable {
    let lengths: ChunkIndex.Lengths
    private var reader: IndexReader
    private var count: UInt64 = 0

    init(_ path: String) throws(ImageError) {
        var reader = try IndexReader(path)
        lengths = try Self.head(&reader)
        self.reader = reader
    }

    private static func head(_ reader: inout IndexReader) throws(ImageError) -> ChunkIndex.Lengths {
        try reader.expect(ChunkIndex.Format.headLength, "the length of the head")
        try reader.expect(ChunkIndex.Format.index, "the mark of a chunk index")
        let flags = try reader.number()
        guard flags & ~ChunkIndex.Format.knownFlags == 0, flags & ChunkIndex.Format.namesBySHA512 != 0 else {
            throw reader.error("flags \(String(flags, radix: 16)): only chunks named by SHA-512/256 are read")
        }
        let lengths = ChunkIndex.Lengths(
            minimum: try reader.number(), average: try reader.number(), maximum: try reader.number())
        guard 0 < lengths.minimum, lengths.minimum <= lengths.average, lengths.average <= lengths.maximum,
            lengths.maximum <= ChunkIndex.longestChunk
        else {
            throw reader.error(
                "lengths of chunks \(lengths.minimum), \(lengths.average) and \(lengths.maximum) that cannot be")
        }
        try reader.expect(.max, "the mark of a table's begin")
        try reader.expect(ChunkIndex.Format.table, "the mark of a table")
        return lengths
    }

    /// - Returns: nil at the end of the table, which is the file's.
    mutating func next() throws(ImageError) -> (id: ChunkID, end: UInt64)? {
        let end = try reader.number()
        guard end == 0 else {
            count += 1
            return (try reader.id(), end)
        }
        try reader.expect(0, "zero")
        try reader.expect(ChunkIndex.Format.headLength, "the place of the table")
        try reader.expect(ChunkIndex.Format.tableLength(count), "the length of the table")
        try reader.expect(ChunkIndex.Format.tail, "the mark of a table's end")
        guard try reader.isAtEnd() else { throw reader.error("more than the table") }
        return nil
    }

    /// About what was read last.
    func error(_ what: String) -> ImageError { reader.error(what) }
}

/// Reads a file from its begin to its end, and knows where it is.
private struct IndexReader: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 1 << 20)
    private var (next, end) = (0, 0)
    /// The place of the buffer's begin in the file.
    private var start: UInt64 = 0
    private var last: UInt64 = 0

    init(_ path: String) throws(ImageError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ImageError(FileError("open", path)) }
    }

    deinit { close(descriptor) }

    mutating func number() throws(ImageError) -> UInt64 {
        try need(8)
        defer { next += 8 }
        return UInt64(
            littleEndian: buffer.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: next, as: UInt64.self) })
    }

    mutating func id() throws(ImageError) -> ChunkID {
        try need(ChunkID.length)
        defer { next += ChunkID.length }
        return buffer.withUnsafeBytes {
            ChunkID(bytes: UnsafeRawBufferPointer(rebasing: $0[next..<next + ChunkID.length]))
        }
    }

    mutating func expect(_ expected: UInt64, _ what: String) throws(ImageError) {
        guard try number() == expected else { throw error("something else than \(what)") }
    }

    mutating func isAtEnd() throws(ImageError) -> Bool {
        if next == end { try fill() }
        return next == end
    }

    /// About what was read last.
    func error(_ what: String) -> ImageError {
        ImageError(.unusable, "\(path) is no chunk index (.caibx): at byte \(last) there is \(what)")
    }

    private mutating func need(_ count: Int) throws(ImageError) {
        if end - next < count { try fill() }
        last = start + UInt64(next)
        guard end - next >= count else { throw error("its end") }
    }

    /// Reads on, behind what has not been taken yet.
    private mutating func fill() throws(ImageError) {
        let rest = end - next
        buffer.replaceSubrange(0..<rest, with: buffer[next..<end])
        start += UInt64(next)
        (next, end) = (0, rest)
        while end < buffer.count {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + end, $0.count - end) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw ImageError(FileError("read", path)) }
            if count == 0 { return }
            end += count
        }
    }
}
