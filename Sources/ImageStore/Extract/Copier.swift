/// Copies chunks of an image that is being made to its other places. One thread's; its calls block.
final class Copier {
    private let index: ChunkIndex
    private let target: TargetFile
    private let made: RawDisk
    private let buffer: UnsafeMutableRawBufferPointer

    init(_ index: ChunkIndex, _ target: TargetFile) throws(ImageError) {
        self.index = index
        self.target = target
        made = try RawDisk(target.path)
        buffer = .allocate(byteCount: Int(index.lengths.maximum), alignment: 4096)
    }

    deinit { buffer.deallocate() }

    func copy(_ copy: ChunkQueue.Copy) throws(ImageError) -> ImageExtractor.Origins {
        let (id, place) = (index.id(of: copy.chunk), index.range(of: copy.original).lowerBound)
        let content = UnsafeMutableRawBufferPointer(rebasing: buffer[..<index.range(of: copy.chunk).count])
        try made.read(into: content, at: place)
        guard ChunkID(of: UnsafeRawBufferPointer(content)) == id else {
            throw ImageError(
                .wrongDigest,
                "\(target.path) has something else at byte \(place) than was written there: somebody else writes to it")
        }
        try target.write(
            copy.chunk, UnsafeRawBufferPointer(content), at: index.range(of: copy.chunk).lowerBound, isFetched: false)
        return ImageExtractor.Origins(store: UInt64(content.count))
    }
}
