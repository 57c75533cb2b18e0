import FleetRuntime
import Glibc

extension DurableFile {
    /// Writes all bytes to a place in a file, however many calls it takes.
    static func write(
        _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, at offset: UInt64, path: String
    ) throws(FileError) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(
                descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(offset) + off_t(done))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw FileError("write", path) }
            done += count
        }
    }
}
