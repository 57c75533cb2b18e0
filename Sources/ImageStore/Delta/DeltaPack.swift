import FleetRuntime
import Glibc

/// What makes one version of an image of another: a file with the blocks that the new one has, and the old one has not at the same
/// place. Its form is this project's own; all integers are little-endian.
///
///     head      mark; names of both indexes; their sizes; length of a chunk; number, place and name of the table's entries; its own name
///     sections  a zstd frame each: some of the chunks that differ, what each of their blocks is, and new blocks
///     table     for each section: first chunk, first new block, lengths packed and unpacked, its name
///
/// A name is the SHA-512/256 of what it names. Every byte of the file is in something that is named, so that a damage shows.
public struct DeltaPack: Sendable {
    /// `vfdelta1`.
    private static let mark: UInt64 = 0x3161_746c_6564_6676
    static let headLength = 176
    static let entryLength = 48
    static let block = Int(ChunkSize.block)
    /// Of new blocks a section has about so much, so that whoever wants one chunk of it reads little else.
    static let sectionBytes = 2 << 20
    /// A chunk that is longer would make a section of its own of any length.
    static let longestChunk: UInt64 = 1 << 20
    private static let longestSection = 8 << 20
    private static let mostSections: UInt64 = 1 << 20

    /// A section, as the table has it.
    struct Entry: Equatable, Sendable {
        var firstChunk: UInt32
        /// The number of its first new block.
        var firstBlock: UInt32
        var packedLength: UInt32
        var length: UInt32
        /// Of the packed section.
        var name: ChunkID
    }

    public let path: String
    let head: Head
    let entries: [Entry]
    /// Where each section begins in the file.
    let offsets: [UInt64]

    /// The images' names and lengths.
    struct Head: Equatable, Sendable {
        /// `ChunkIndex.digest`.
        var old: ChunkID
        var new: ChunkID
        var oldSize: UInt64
        var newSize: UInt64
        var chunkBytes: UInt64
    }

    /// Reads the head and the table. Blocks.
    /// - Throws: `unusable` for what is no such file, with what is wrong.
    public init(file path: String) throws(ImageError) {
        self.path = path
        let file = try RawDisk(path)
        func refuse(_ what: String) -> ImageError { ImageError(.unusable, "\(path) is no delta of images: \(what)") }
        func part(_ range: Range<UInt64>) throws(ImageError) -> [UInt8] {
            guard range.upperBound <= file.size else { throw refuse("it ends at byte \(file.size)") }
            var bytes = [UInt8](repeating: 0, count: range.count)
            let result = bytes.withUnsafeMutableBytes { bytes in
                Result { () throws(ImageError) in try file.read(into: bytes, at: range.lowerBound) }
            }
            try result.get()
            return bytes
        }

        let head = try part(0..<UInt64(Self.headLength))
        let named = Self.headLength - ChunkID.length
        guard head.number(at: 0) == Self.mark else { throw refuse("it begins otherwise") }
        guard ChunkID(in: head, at: named) == ChunkID(of: head[..<named]) else { throw refuse("its head is damaged") }
        self.head = Head(
            old: ChunkID(in: head, at: 8), new: ChunkID(in: head, at: 40), oldSize: head.number(at: 72),
            newSize: head.number(at: 80),
            chunkBytes: head.number(at: 88))
        let count: UInt64 = head.number(at: 96)
        let place: UInt64 = head.number(at: 104)
        guard Self.canBeCut(.fixed(self.head.chunkBytes)), count <= Self.mostSections, place <= file.size,
            file.size - place == count * UInt64(Self.entryLength)
        else { throw refuse("its head says what cannot be") }
        let table = try part(place..<file.size)
        guard ChunkID(in: head, at: 112) == ChunkID(of: table[...]) else { throw refuse("its table is damaged") }

        let (whole, rest) = self.head.newSize.quotientAndRemainder(dividingBy: self.head.chunkBytes)
        let chunks = whole + (rest == 0 ? 0 : 1)
        var (entries, offsets) = ([Entry](), [UInt64]())
        var offset = UInt64(Self.headLength)
        for number in 0..<Int(count) {
            let entry = Entry(table, at: number * Self.entryLength)
            let isInOrder = entries.last.map { $0.firstChunk < entry.firstChunk && $0.firstBlock <= entry.firstBlock }
            guard isInOrder ?? (entry.firstBlock == 0), entry.firstChunk < chunks, entry.length <= Self.longestSection,
                entry.packedLength <= Zstandard.longestFrame(of: Int(entry.length))
            else { throw refuse("section \(number) cannot be") }
            entries.append(entry)
            offsets.append(offset)
            offset += UInt64(entry.packedLength)
        }
        guard offset == place else { throw refuse("its sections end at byte \(offset), and not at \(place)") }
        (self.entries, self.offsets) = (entries, offsets)
    }

    /// Whether an image of such chunks can be the new one: whole blocks, not too many.
    static func canBeCut(_ lengths: ChunkIndex.Lengths) -> Bool {
        lengths.isFixed && 0 < lengths.maximum && lengths.maximum <= longestChunk
            && lengths.maximum.isMultiple(of: ChunkSize.block)
    }

    /// - Throws: `unusable` unless it makes the image of this index.
    func requireMade(for index: ChunkIndex) throws(ImageError) {
        guard head.new == index.digest, head.newSize == index.size, head.chunkBytes == index.lengths.maximum else {
            throw ImageError(.unusable, "\(path) makes another image than the index names")
        }
    }

    /// The section that would have a chunk.
    func section(of chunk: Int) -> Int? { last { $0.firstChunk <= chunk } }
    /// The section that has a new block.
    func section(ofBlock block: UInt32) -> Int? { last { $0.firstBlock <= block } }

    private func last(_ isBefore: (Entry) -> Bool) -> Int? {
        let count = entries.partition { !isBefore($0) }
        return count == 0 ? nil : count - 1
    }

    static func headBytes(_ head: Head, table: [UInt8], at place: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(mark)
        head.old.append(to: &bytes)
        head.new.append(to: &bytes)
        bytes.append(head.oldSize, head.newSize, head.chunkBytes, UInt64(table.count / entryLength), place)
        ChunkID(of: table[...]).append(to: &bytes)
        ChunkID(of: bytes[...]).append(to: &bytes)
        return bytes
    }
}

extension DeltaPack.Entry {
    fileprivate init(_ table: [UInt8], at offset: Int) {
        firstChunk = table.number(at: offset)
        firstBlock = table.number(at: offset + 4)
        packedLength = table.number(at: offset + 8)
        length = table.number(at: offset + 12)
        name = ChunkID(in: table, at: offset + 16)
    }

    func append(to table: inout [UInt8]) {
        table.append(firstChunk, firstBlock, packedLength, length)
        name.append(to: &table)
    }
}
