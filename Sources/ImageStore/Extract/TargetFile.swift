import FleetRuntime
import Glibc
import Synchronization

/// A raw image that is being made, with the journal of what is there. Several threads may work on different parts of it; its calls block.
final class TargetFile: Sendable {
    /// So many fetched bytes are at most to be fetched again after a kill or a power failure; half of that is saved when it suits.
    private static let mostFetched = 8 << 20
    /// What comes from seeds is found again without the network.
    private static let mostFound = 256 << 20

    let path: String
    /// What may be right already.
    enum Beginning { case nothing, attempt, seed }

    let beginning: Beginning
    private let descriptor: Int32
    private let journal: ChunkJournal
    /// Bytes that are not saved yet.
    private let unsaved = Mutex((fetched: 0, found: 0))
    private let saving = Mutex(Saving.works)

    /// After a sync that failed the kernel may take what was lost for saved (fsync(2)): nothing is believed to be there then.
    private enum Saving { case works, hasFailed }

    /// Makes the file `<path>.part`, or takes the one that is there, with the length of the image.
    /// - Parameter seed: an image like it, whose blocks it shares until they are written, where the file system can.
    /// - Throws: also while another extraction is at work on it.
    init(for path: String, _ index: ChunkIndex, like seed: String? = nil) throws(ImageError) {
        let part = path + ".part"
        self.path = part
        let (descriptor, size) = try Self.take(part)
        beginning =
            if size > 0 {
                .attempt
            } else if let seed, (try? DurableFile.reflink(seed, to: descriptor, at: part)) != nil {
                .seed
            } else {
                .nothing
            }
        do throws(ImageError) {
            guard fchmod(descriptor, 0o644) == 0, ftruncate(descriptor, off_t(index.size)) == 0 else {
                throw ImageError(FileError("set mode and length of", part))
            }
            // An attempt gives it its length first.
            journal = try ChunkJournal(
                part + ".journal", index: index.digest, count: index.count,
                of: ChunkJournal.Target(descriptor, path: part), isBelieved: size == index.size)
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
    }

    /// Opens the file for this extraction alone, for as long as the descriptor is open (flock(2)).
    private static func take(_ path: String) throws(ImageError) -> (descriptor: Int32, size: UInt64) {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
            guard descriptor >= 0 else { throw ImageError(FileError("make", path)) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let error =
                    errno == EWOULDBLOCK
                    ? ImageError(.system, "another extraction is at work on \(path); wait, or name another target")
                    : ImageError(FileError("lock", path))
                close(descriptor)
                throw error
            }
            var (taken, named) = (stat(), stat())
            if fstat(descriptor, &taken) == 0, lstat(path, &named) == 0, taken.st_ino == named.st_ino {
                return (descriptor, UInt64(taken.st_size))
            }
            // It has got its final name since it was opened.
            close(descriptor)
        }
    }

    /// Let go in so many words: a child that was forked and has not run its program yet has the descriptor too (flock(2)).
    deinit {
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    /// Whether a chunk is known to be there, with no need to look.
    func contains(_ chunk: Int) -> Bool { journal.contains(chunk) }

    /// - Parameter isFetched: it would have to be fetched again.
    func write(
        _ chunk: Int, _ content: UnsafeRawBufferPointer, at offset: UInt64, isFetched: Bool
    ) throws(ImageError) {
        do throws(FileError) {
            try DurableFile.write(content, to: descriptor, at: offset, path: path)
        } catch {
            throw ImageError(error)
        }
        try note(chunk, bytes: content.count, isFetched: isFetched)
    }

    /// A chunk was found to be there, and need not be looked at again.
    func note(_ chunk: Int, bytes: Int, isFetched: Bool = false) throws(ImageError) {
        journal.mark(chunk)
        let (fetched, found) = unsaved.withLock { unsaved in
            if isFetched { unsaved.fetched += bytes } else { unsaved.found += bytes }
            return unsaved
        }
        if fetched >= Self.mostFetched {
            // Whoever comes here waits until somebody has saved.
            try saving.withLock { saving throws(ImageError) in
                if unsaved.withLock(\.fetched) >= Self.mostFetched { try save(&saving) }
            }
        } else if fetched >= Self.mostFetched / 2 || found >= Self.mostFound {
            try saving.withLockIfAvailable { saving throws(ImageError) in try save(&saving) }
        }
    }

    private func save(_ saving: inout Saving) throws(ImageError) {
        guard saving == .works else { throw ImageError(.system, "\(path) could not be synced before") }
        let marks = journal.marks
        unsaved.withLock { $0 = (0, 0) }
        guard fdatasync(descriptor) == 0 else {
            saving = .hasFailed
            throw ImageError(FileError("sync", path))
        }
        try journal.save(marks)
    }

    /// Keeps what is there for whoever goes on.
    func pause() throws(ImageError) { try saving.withLock { saving throws(ImageError) in try save(&saving) } }

    /// All of it is there: it gets its name.
    func finish(as target: String) throws(ImageError) {
        guard fsync(descriptor) == 0 else { throw ImageError(FileError("sync", path)) }
        do throws(FileError) {
            // First, so that none is left where an image is whole.
            try DurableFile.remove(journal.path)
            try DurableFile.rename(path, to: target)
        } catch {
            throw ImageError(error)
        }
    }
}
