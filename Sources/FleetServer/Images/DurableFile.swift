import Glibc

/// Files that are there, whole, after a power cut.
enum DurableFile {
    /// Puts a new file in the place of an old one, or leaves the old one.
    static func replace(_ path: String, with bytes: [UInt8]) throws(UploadError) {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw UploadError("open", temporary) }
        let written = write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        guard close(descriptor) == 0, written, rename(temporary, path) == 0 else {
            throw UploadError("write", path)
        }
        try syncDirectory(of: path)
    }

    /// Makes the names in a file's directory durable.
    static func syncDirectory(of path: String) throws(UploadError) {
        let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw UploadError("open", directory) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw UploadError("sync", directory) }
    }
}
