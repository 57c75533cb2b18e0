/// What a guest sees of a disk, whatever the file's format. One thread at a time; its calls block.
protocol DiskContent: AnyObject {
    /// In bytes.
    var size: UInt64 { get }

    /// Reads so much from a place on.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(ImageError)

    /// Whether a part holds nothing but zeros for certain, as nothing is stored for it.
    func isHole(_ range: Range<UInt64>) throws(ImageError) -> Bool
}
