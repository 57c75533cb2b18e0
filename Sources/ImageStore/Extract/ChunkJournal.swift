import CFileSync
import FleetRuntime
import Glibc
import Synchronization

/// Which chunks of an image that is being made are right and on the disk: a head that says of which image and which file, and one bit
/// for each chunk. So that whoever goes on after a kill or a power failure does not read 100 GB again to find out. Several threads
/// may mark chunks; one at a time saves. Its calls block.
final class ChunkJournal: Sendable {
    /// What it is, and which form of it.
    private static let mark: [UInt8] = Array("virtfleet chunks 1\n".utf8)
    private static let headLength = 128

    let path: String
    private let descriptor: Int32
    private let head: [UInt8]
    private let chunks: Mutex<ChunkSet>

    /// Which file a target is: a number alone is given to the next one when a file goes.
    struct Target {
        let inode: UInt64
        let birth: UInt64

        /// Where the file system does not tell when a file was made, no journal is ever this one's.
        init(_ descriptor: Int32, path: String) throws(ImageError) {
            var information = stat()
            guard fstat(descriptor, &information) == 0 else { throw ImageError(FileError("look at", path)) }
            inode = UInt64(information.st_ino)
            birth = UInt64(exactly: vf_birth_time(descriptor)) ?? .random(in: 0 ... .max)
        }
    }

    /// Opens the journal of a target, or begins it anew where there is none, or one of something else.
    /// - Parameters:
    ///   - index: the digest of the index.
    ///   - isBelieved: false begins it anew in any case.
    init(
        _ path: String, index: ChunkID, count: Int, of target: Target, isBelieved: Bool
    ) throws(ImageError) {
        self.path = path
        var head = Self.mark
        index.append(to: &head)
        for number in [UInt64(count), target.inode, target.birth] {
            withUnsafeBytes(of: number.littleEndian) { head.append(contentsOf: $0) }
        }
        head += [UInt8](repeating: 0, count: Self.headLength - head.count)
        self.head = head
        let length = ChunkSet.length(of: count)
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw ImageError(FileError("make", path)) }
        var stored = [UInt8](repeating: 0, count: Self.headLength + length)
        let isOurs =
            isBelieved && pread(descriptor, &stored, stored.count, 0) == stored.count && stored.starts(with: head)
        chunks = Mutex(isOurs ? ChunkSet(bytes: Array(stored[Self.headLength...])) : ChunkSet(count: count))
        guard isOurs || ftruncate(descriptor, 0) == 0 else { throw ImageError(FileError("begin anew", path)) }
    }

    /// Also when it cannot be begun anew, as all is there by then.
    deinit { close(descriptor) }

    func contains(_ chunk: Int) -> Bool { chunks.withLock { $0.contains(chunk) } }

    func mark(_ chunk: Int) { chunks.withLock { $0.insert(chunk) } }

    /// What is marked now, to be saved once it is on the disk.
    var marks: ChunkSet { chunks.withLock(\.self) }

    /// A torn writing leaves some bits of before and some of now, all of them true.
    func save(_ marks: ChunkSet) throws(ImageError) {
        let result = (head + marks.bytes).withUnsafeBytes { bytes in
            Result { () throws(FileError) in try DurableFile.write(bytes, to: descriptor, at: 0, path: path) }
        }
        do throws(FileError) { try result.get() } catch { throw ImageError(error) }
        guard fdatasync(descriptor) == 0 else { throw ImageError(FileError("sync", path)) }
    }
}
