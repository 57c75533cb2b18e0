/// Reads the sections of a delta. One thread's; its calls block.
final class DeltaReader {
    /// Sections that are kept unpacked: `DeltaMaker` lets a chunk need its own and the one before.
    private static let mostHeld = 2

    private let delta: DeltaPack
    private let file: RawDisk
    private let zstandard = Zstandard()
    /// The one that was used last comes last.
    private var held: [(number: Int, section: DeltaSection)] = []

    init(_ delta: DeltaPack) throws(ImageError) {
        self.delta = delta
        file = try RawDisk(delta.path)
    }

    /// What the blocks of a chunk are; nil where it is not one of those that differ.
    func blocks(of chunk: Int) throws(ImageError) -> [DeltaBlock]? {
        guard let number = delta.section(of: chunk) else { return nil }
        return try section(number).blocks(of: chunk)
    }

    /// - Returns: false when there is no such new block.
    func copy(_ block: UInt32, into content: UnsafeMutableRawBufferPointer) throws(ImageError) -> Bool {
        guard let number = delta.section(ofBlock: block) else { return false }
        return try section(number).copy(block, into: content)
    }

    private func section(_ number: Int) throws(ImageError) -> DeltaSection {
        if let place = held.lastIndex(where: { $0.number == number }) {
            held.append(held.remove(at: place))
        } else {
            let section = try read(number)
            if held.count == Self.mostHeld { held.removeFirst() }
            held.append((number, section))
        }
        return held[held.count - 1].section
    }

    /// - Throws: `wrongDigest` for a section that is damaged.
    func read(_ number: Int) throws(ImageError) -> DeltaSection {
        let entry = delta.entries[number]
        var packed = [UInt8](repeating: 0, count: Int(entry.packedLength))
        var bytes = [UInt8](repeating: 0, count: Int(entry.length))
        let result = packed.withUnsafeMutableBytes { packed in
            Result { () throws(ImageError) in try file.read(into: packed, at: delta.offsets[number]) }
        }
        try result.get()
        guard ChunkID(of: packed[...]) == entry.name,
            packed.withUnsafeBytes({ packed in bytes.withUnsafeMutableBytes { zstandard.unpack(packed, into: $0) } }),
            let section = DeltaSection(
                bytes, firstBlock: entry.firstBlock, blocksPerChunk: Int(delta.head.chunkBytes) / DeltaPack.block)
        else {
            throw ImageError(.wrongDigest, "section \(number) of \(delta.path) is damaged")
        }
        return section
    }
}
