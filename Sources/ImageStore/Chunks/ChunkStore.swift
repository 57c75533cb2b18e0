import FleetRuntime
import Glibc

/// A directory of chunks as casync keeps it: `<first 4 digits>/<64 digits>.cacnk`, one zstd frame each. Several may write to it at
/// the same time, and others read. Its calls block.
public struct ChunkStore: Sendable {
    static let suffix = ".cacnk"

    public let directory: String

    public init(directory: String) { self.directory = directory }

    /// Where a chunk is, from the store's directory on.
    static func name(of id: ChunkID) -> String {
        let digits = id.description
        return "\(digits.prefix(4))/\(digits)\(suffix)"
    }

    func path(of id: ChunkID) -> String { "\(directory)/\(Self.name(of: id))" }

    func contains(_ id: ChunkID) -> Bool { access(path(of: id), F_OK) == 0 }

    /// Adds a packed chunk; it has its name when it is whole, and is not synced.
    func add(_ id: ChunkID, _ frame: [UInt8]) throws(FileError) {
        let path = path(of: id)
        let part = "\(path).\(UInt64.random(in: 0 ... .max))"
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
        var descriptor = open(part, flags, 0o444)
        if descriptor < 0, errno == ENOENT {
            try makeDirectory("\(directory)/\(id.description.prefix(4))")
            descriptor = open(part, flags, 0o444)
        }
        guard descriptor >= 0 else { throw FileError("make", part) }
        defer { close(descriptor) }
        do throws(FileError) {
            try DurableFile.write(frame[...], to: descriptor, path: part)
            guard Glibc.rename(part, path) == 0 else { throw FileError("rename to \(path) the file", part) }
        } catch {
            unlink(part)
            throw error
        }
    }

    /// Of the thousands that a store has, none is synced by itself.
    private func makeDirectory(_ path: String) throws(FileError) {
        guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw FileError("make directory", path) }
        // mkdir(2) applies the umask, which would lock out a web server.
        guard chmod(path, 0o755) == 0 else { throw FileError("set the mode of", path) }
    }

    /// Fills a buffer with the chunk that has exactly its length.
    /// - Returns: what the chunk is packed, in bytes.
    /// - Throws: `unusable` for one that is missing, `wrongDigest` for one that holds something else than its name says.
    func read(
        _ id: ChunkID, into content: UnsafeMutableRawBufferPointer, with zstandard: Zstandard
    ) throws(ImageError) -> UInt64 {
        let path = path(of: id)
        guard let length = DurableFile.size(path) else {
            throw ImageError(.unusable, "chunk \(id) is missing: there is no \(path)")
        }
        guard length <= Zstandard.longestFrame(of: content.count) else {
            throw ImageError(.wrongDigest, "chunk \(id) is damaged: \(path) is longer than it can be")
        }
        let frame: [UInt8]
        do throws(FileError) { frame = try DurableFile.bytes(of: path) } catch { throw ImageError(error) }
        guard frame.withUnsafeBytes({ zstandard.unpack($0, into: content) }),
            ChunkID(of: UnsafeRawBufferPointer(content)) == id
        else {
            throw ImageError(
                .wrongDigest, "chunk \(id) is damaged: \(path) holds something else than its name says")
        }
        return UInt64(frame.count)
    }
}
