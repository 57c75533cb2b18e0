import FleetRuntime
import Glibc

/// Frees a store of chunks that no index names any more, and of what broken writings have left. Nobody writes to it meanwhile; who
/// reads from it needs an index that is kept. Its calls block.
public struct StoreClearing: Sendable {
    /// What a clearing removes, or would.
    public struct Outcome: Equatable, Sendable {
        public var keptChunks = 0
        public var removedChunks = 0
        /// With what broken writings have left.
        public var removedBytes: UInt64 = 0
    }

    private let store: ChunkStore
    private let directory: String

    /// - Parameter indexes: the directory of all indexes whose chunks are kept: its `.caibx` files.
    public init(_ store: ChunkStore, indexes directory: String) {
        self.store = store
        self.directory = directory
    }

    /// - Parameter isTrial: nothing is removed.
    /// - Throws: and nothing is removed, when an index cannot be read, when there is none, and while somebody writes to the store.
    public func run(isTrial: Bool) throws(ImageError) -> Outcome {
        let lock: FileLock
        do throws(FileError) {
            lock = try FileLock(directory: store.directory, shared: false)
        } catch {
            throw error.isHeldElsewhere
                ? ImageError(.system, "somebody writes to \(store.directory), or clears it; try again later")
                : ImageError(error)
        }
        defer { withExtendedLifetime(lock) {} }
        let named = try namedChunks()
        do throws(FileError) { return try clear(keeping: named, isTrial: isTrial) } catch { throw ImageError(error) }
    }

    private func namedChunks() throws(ImageError) -> Set<ChunkID> {
        let files: [String]
        do throws(FileError) { files = try DurableFile.entries(of: directory) } catch { throw ImageError(error) }
        let indexes = files.filter { $0.hasSuffix(".caibx") }
        guard !indexes.isEmpty else {
            throw ImageError(.unusable, "there is no index (.caibx) in \(directory): nothing would be kept")
        }
        var named: Set<ChunkID> = []
        for file in indexes {
            let index = try ChunkIndex(file: "\(directory)/\(file)")
            for chunk in 0..<index.count { named.insert(index.id(of: chunk)) }
        }
        return named
    }

    private func clear(keeping named: Set<ChunkID>, isTrial: Bool) throws(FileError) -> Outcome {
        var outcome = Outcome()
        for entry in try DurableFile.entries(of: store.directory) {
            let path = "\(store.directory)/\(entry)"
            if entry.hasPrefix(StoreWriting.unborn), !isTrial { try DurableFile.remove(path) }
            guard entry.utf8.count == 4 else { continue }
            for name in try DurableFile.entries(of: path) {
                // A part of a chunk has a number behind its name. What looks otherwise is none of ours.
                let (digits, ending) = (name.prefix(2 * ChunkID.length), name.dropFirst(2 * ChunkID.length))
                guard let id = ChunkID(digits: digits), ending.hasPrefix(ChunkStore.suffix) else { continue }
                if ending == ChunkStore.suffix {
                    guard !named.contains(id) else {
                        outcome.keptChunks += 1
                        continue
                    }
                    outcome.removedChunks += 1
                }
                outcome.removedBytes += DurableFile.size("\(path)/\(name)") ?? 0
                guard !isTrial else { continue }
                guard unlink("\(path)/\(name)") == 0 || errno == ENOENT else {
                    throw FileError("remove", "\(path)/\(name)")
                }
            }
            // Only one that is empty.
            if !isTrial { rmdir(path) }
        }
        return outcome
    }
}
