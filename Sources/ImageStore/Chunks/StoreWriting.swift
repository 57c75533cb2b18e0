import CFileSync
import FleetRuntime
import Glibc

/// Somebody's writing to a store, from its begin to the moment at which all of it is on the disk. Chunks are synced together, then.
/// Meanwhile a mark stands in the store, `.writing-<boot>-<number>`: where one of an earlier boot is found, the machine has lost power,
/// and all chunks are looked through before any is taken for granted. Nobody clears the store meanwhile. Its calls block.
final class StoreWriting: Sendable {
    private static let prefix = ".writing-"
    /// Of a mark that is not locked yet.
    static let unborn = ".begins-"
    private let store: ChunkStore
    private let mark: String
    private let locks: [FileLock]
    /// Marks of those who did not come to their end, and their locks.
    private let abandoned: [(path: String, lock: FileLock)]

    /// - Parameter boot: the kernel's boot ID.
    init(_ store: ChunkStore, boot: String) throws(ImageError) {
        self.store = store
        let name = "\(Self.prefix)\(boot)-\(UInt64.random(in: 0 ... .max))"
        mark = "\(store.directory)/\(name)"
        do throws(FileError) {
            try DurableFile.makeDirectory(store.directory, mode: 0o755)
            let shared = try FileLock(directory: store.directory, shared: true)
            // Whoever sees a mark sees one that is held, or abandoned.
            let unborn = "\(store.directory)/\(Self.unborn)\(name)"
            locks = [shared, try FileLock(unborn)]
            try DurableFile.rename(unborn, to: mark)
            let others = try DurableFile.entries(of: store.directory)
                .filter { $0.hasPrefix(Self.prefix) && $0 != name }.map { "\(store.directory)/\($0)" }
            // One that is held belongs to somebody who writes beside us.
            abandoned = others.compactMap { path in (try? FileLock(path)).map { (path, $0) } }
        } catch {
            throw error.isHeldElsewhere
                ? ImageError(.system, "\(store.directory) is being cleared of what nobody needs; try again later")
                : ImageError(error)
        }
        let own = "\(store.directory)/\(Self.prefix)\(boot)-"
        if abandoned.contains(where: { !$0.path.hasPrefix(own) }) { try store.removeDamaged() }
    }

    /// All that was written is on the disk before the body says what it belongs to, and when it returns.
    func finish(_ body: () throws(FileError) -> Void) throws(FileError) {
        let descriptor = open(store.directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", store.directory) }
        defer { close(descriptor) }
        guard vf_syncfs(descriptor) == 0 else { throw FileError("sync", store.directory) }
        try body()
        for path in abandoned.map(\.path) + [mark] { try DurableFile.remove(path) }
    }
}

extension ChunkStore {
    /// Looks at every chunk, and removes those whose content is not what their name says.
    func removeDamaged() throws(ImageError) {
        let zstandard = Zstandard()
        do throws(FileError) {
            for prefix in try DurableFile.entries(of: directory) where prefix.utf8.count == 4 {
                for name in try DurableFile.entries(of: "\(directory)/\(prefix)") where name.hasSuffix(Self.suffix) {
                    let path = "\(directory)/\(prefix)/\(name)"
                    let content = zstandard.unpacked(
                        try DurableFile.bytes(of: path), limit: Int(ChunkIndex.longestChunk))
                    let id = content?.withUnsafeBytes { ChunkID(of: $0) }
                    if id.map({ "\($0)\(Self.suffix)" }) != name { try DurableFile.remove(path) }
                }
            }
        } catch {
            throw ImageError(error)
        }
    }
}
