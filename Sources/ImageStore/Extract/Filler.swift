/// Finds chunks of an image in what is here, and writes them. One thread's; its calls block.
final class Filler {
    /// What is to be done about a chunk that is nowhere here.
    enum Missing { case read(ChunkStore), ask(ChunkQueue) }

    typealias Delta = (delta: DeltaPack, old: String)

    private let index: ChunkIndex
    private let target: TargetFile
    /// What the target began with.
    private let before: RawDisk?
    /// What the first seed has for certain.
    private let unchanged: ChunkSet?
    private let seeds: [RawDisk]
    private let patch: DeltaPatch?
    private let missing: Missing
    private let zstandard = Zstandard()
    private let buffer: UnsafeMutableRawBufferPointer
    /// The name of so many zeros.
    private var zeros: (count: Int, id: ChunkID)?

    init(
        index: ChunkIndex, target: TargetFile, seeds: [String], unchanged: ChunkSet?, delta: Delta?, missing: Missing
    ) throws(ImageError) {
        self.index = index
        self.target = target
        self.missing = missing
        self.unchanged = unchanged
        before = target.beginning == .nothing ? nil : try RawDisk(target.path)
        var disks: [RawDisk] = []
        // The target is the first one already.
        for seed in target.beginning == .seed ? seeds.dropFirst() : seeds[...] { disks.append(try RawDisk(seed)) }
        self.seeds = disks
        if let delta { patch = try DeltaPatch(delta.delta, to: delta.old) } else { patch = nil }
        buffer = .allocate(byteCount: Int(index.lengths.maximum), alignment: 4096)
    }

    deinit { buffer.deallocate() }

    func fill(_ chunks: Range<Int>) throws(ImageError) -> ImageExtractor.Origins {
        var origins = ImageExtractor.Origins()
        for chunk in chunks {
            let (id, range) = (index.id(of: chunk), index.range(of: chunk))
            let content = UnsafeMutableRawBufferPointer(rebasing: buffer[..<range.count])
            let (count, place) = (UInt64(range.count), range.lowerBound)
            if target.contains(chunk) {
                origins.target += count
            } else if try isThere(chunk, id, range, content) {
                try target.note(chunk, bytes: range.count)
                if target.beginning == .seed { origins.seeds += count } else { origins.target += count }
            } else if id == zeroID(range.count) {
                try fillWithZeros(chunk, range, content)
                origins.holes += count
            } else {
                try bring(chunk, id, at: place, into: content, &origins)
            }
        }
        return origins
    }

    /// Whether what the target began with has it.
    private func isThere(
        _ chunk: Int, _ id: ChunkID, _ range: Range<UInt64>, _ content: UnsafeMutableRawBufferPointer
    ) throws(ImageError) -> Bool {
        guard let before else { return false }
        if target.beginning == .seed, let unchanged { return unchanged.contains(chunk) }
        if try before.isHole(range) { return false }
        return try finds(id, in: before, at: range.lowerBound, content)
    }

    /// Where nothing was ever written, nothing is written.
    private func fillWithZeros(
        _ chunk: Int, _ range: Range<UInt64>, _ content: UnsafeMutableRawBufferPointer
    ) throws(ImageError) {
        if try before?.isHole(range) ?? true { return try target.note(chunk, bytes: range.count) }
        content.initializeMemory(as: UInt8.self, repeating: 0)
        try target.write(chunk, UnsafeRawBufferPointer(content), at: range.lowerBound, isFetched: false)
    }

    private func bring(
        _ chunk: Int, _ id: ChunkID, at place: UInt64, into content: UnsafeMutableRawBufferPointer,
        _ origins: inout ImageExtractor.Origins
    ) throws(ImageError) {
        if try findsInSeeds(id, at: place, content) {
            origins.seeds += UInt64(content.count)
        } else if patch?.make(chunk, id, at: place, into: content) == true {
            origins.delta += UInt64(content.count)
        } else {
            switch missing {
            case .ask(let queue): return queue.add(chunk)
            case .read(let store): origins.packed += try store.read(id, into: content, with: zstandard)
            }
            origins.store += UInt64(content.count)
        }
        try target.write(chunk, UnsafeRawBufferPointer(content), at: place, isFetched: false)
    }

    private func zeroID(_ count: Int) -> ChunkID {
        if let zeros, zeros.count == count { return zeros.id }
        let id = [UInt8](repeating: 0, count: count).withUnsafeBytes { ChunkID(of: $0) }
        zeros = (count, id)
        return id
    }

    /// A seed that cannot be read is one that does not have it.
    private func findsInSeeds(
        _ id: ChunkID, at offset: UInt64, _ content: UnsafeMutableRawBufferPointer
    ) throws(ImageError) -> Bool {
        for seed in seeds where (try? finds(id, in: seed, at: offset, content)) == true { return true }
        return false
    }

    private func finds(
        _ id: ChunkID, in disk: RawDisk, at offset: UInt64, _ content: UnsafeMutableRawBufferPointer
    ) throws(ImageError) -> Bool {
        guard offset + UInt64(content.count) <= disk.size else { return false }
        try disk.read(into: content, at: offset)
        return ChunkID(of: UnsafeRawBufferPointer(content)) == id
    }
}
