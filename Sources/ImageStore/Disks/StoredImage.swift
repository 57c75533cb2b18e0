/// An image whose chunks are in a store. One thread's; its calls block.
final class StoredImage {
    private let index: ChunkIndex
    private let store: ChunkStore
    private let zstandard = Zstandard()
    private let buffer: UnsafeMutableRawBufferPointer
    /// The chunk that the buffer holds.
    private var held: Int?

    init(_ index: ChunkIndex, in store: ChunkStore) {
        self.index = index
        self.store = store
        buffer = .allocate(byteCount: Int(index.lengths.maximum), alignment: 4096)
    }

    deinit { buffer.deallocate() }

    /// Reads so much from a place on.
    func read(into content: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(ImageError) {
        var done = 0
        while done < content.count {
            let place = offset + UInt64(done)
            let chunk = index.chunk(at: place)
            let range = index.range(of: chunk)
            try hold(chunk, length: range.count)
            let start = Int(place - range.lowerBound)
            let count = min(range.count - start, content.count - done)
            UnsafeMutableRawBufferPointer(rebasing: content[done..<done + count])
                .copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[start..<start + count]))
            done += count
        }
    }

    private func hold(_ chunk: Int, length: Int) throws(ImageError) {
        guard held != chunk else { return }
        held = nil
        _ = try store.read(
            index.id(of: chunk), into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<length]), with: zstandard)
        held = chunk
    }
}
