/// Makes chunks of an image from an older one and a delta. One thread's; its calls block.
final class DeltaPatch {
    private let reader: DeltaReader
    private let old: RawDisk

    /// - Parameter old: the image that it was made for; whether it is shows with each chunk.
    init(_ delta: DeltaPack, to old: String) throws(ImageError) {
        reader = try DeltaReader(delta)
        self.old = try RawDisk(old)
    }

    /// - Returns: false for a chunk that the delta does not make, or not right. Nothing that is damaged is an error: there are other
    ///   places where chunks come from.
    func make(
        _ chunk: Int, _ id: ChunkID, at offset: UInt64, into content: UnsafeMutableRawBufferPointer
    ) -> Bool {
        (try? fill(chunk, at: offset, content)) == true && ChunkID(of: UnsafeRawBufferPointer(content)) == id
    }

    private func fill(
        _ chunk: Int, at offset: UInt64, _ content: UnsafeMutableRawBufferPointer
    ) throws(ImageError) -> Bool {
        guard let blocks = try reader.blocks(of: chunk) else { return false }
        let there = old.size > offset ? Int(min(UInt64(content.count), old.size - offset)) : 0
        try old.read(into: UnsafeMutableRawBufferPointer(rebasing: content[..<there]), at: offset)
        for (block, start) in zip(blocks, stride(from: 0, to: content.count, by: DeltaPack.block)) {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: content[start..<min(start + DeltaPack.block, content.count)])
            switch block {
            case .asBefore: guard start + part.count <= there else { return false }
            case .zeros: part.initializeMemory(as: UInt8.self, repeating: 0)
            case .new(let number): guard try reader.copy(number, into: part) else { return false }
            }
        }
        return true
    }
}
