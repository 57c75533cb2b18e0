import FleetRuntime
import Glibc

/// A raw image, or a device.
final class RawDisk: DiskContent {
    private let path: String
    private let descriptor: Int32
    let size: UInt64
    /// The next part, from where it was last looked for, in which something is stored.
    private var data: Range<UInt64> = 0..<0
    private var lookedFrom: UInt64 = 0

    init(_ path: String) throws(ImageError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ImageError(FileError("open", path)) }
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else {
            let error = FileError("find the end of", path)
            close(descriptor)
            throw ImageError(error)
        }
        size = UInt64(end)
    }

    deinit { close(descriptor) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(ImageError) {
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress! + done, buffer.count - done, off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else {
                throw count == 0
                    ? ImageError(.wrongSize, "\(path) ends at byte \(offset + UInt64(done)), before its \(size) bytes")
                    : ImageError(FileError("read", path))
            }
            done += count
        }
    }

    func isHole(_ range: Range<UInt64>) throws(ImageError) -> Bool {
        if range.lowerBound < lookedFrom || range.lowerBound >= data.upperBound { try look(from: range.lowerBound) }
        return range.upperBound <= data.lowerBound
    }

    private func look(from offset: UInt64) throws(ImageError) {
        lookedFrom = offset
        // Asked for with the kernel's numbers: SEEK_DATA is 3 and SEEK_HOLE 4, and Glibc does not have them.
        let start = lseek(descriptor, off_t(offset), 3)
        guard start >= 0 else {
            // There is nothing up to the end; or the file system cannot tell, and all of it counts as stored.
            data = errno == ENXIO ? size..<size : offset..<size
            return
        }
        let end = lseek(descriptor, start, 4)
        data = UInt64(start)..<(end > start ? UInt64(end) : size)
    }
}
