import FleetRuntime
import Glibc
import Synchronization

/// Makes the delta between two versions of an image whose chunks are in a store.
public struct DeltaMaker: Sendable {
    public struct Outcome: Equatable, Sendable {
        /// Chunks that the old image does not have at the same place.
        public var chunks = 0
        /// Blocks of 4 KiB that are new; one that comes again within about 4 MiB of them counts once.
        public var blocks = 0
        /// The delta's length.
        public var bytes: UInt64 = 0
    }

    /// So many bytes of the new image are compared at a time, about.
    private static let pieceBytes: UInt64 = 4 << 20
    /// A delta is made once, and fetched by every host.
    private static let level: Int32 = 9

    private let store: ChunkStore

    public init(store: ChunkStore) { self.store = store }

    /// - Parameters:
    ///   - path: the file that shall hold it; it has its name when it is whole and on the disk.
    ///   - progress: called from any thread with how many of the new image's bytes are done.
    /// - Throws: `unusable` for a new image whose chunks are not of one length, or longer than 1 MiB.
    public func make(
        from old: ChunkIndex, to new: ChunkIndex, at path: String,
        progress: @escaping @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) async throws(ImageError) -> Outcome {
        guard DeltaPack.canBeCut(new.lengths) else {
            throw ImageError(
                .unusable,
                """
                a delta needs a new image whose chunks have one length, of whole 4 KiB and at most 1 MiB; these have from \
                \(new.lengths.minimum) to \(new.lengths.maximum) bytes
                """)
        }
        let control = BlockingWork(name: "delta")
        let file = try await control.run { () throws(ImageError) in try DeltaFile(path) }
        let comparison = Mutex(Comparison(old, new, store))
        let chunks = Int(max(1, Self.pieceBytes / new.lengths.maximum))
        try await PieceWork("delta", pieces: (new.count + chunks - 1) / chunks).run(
            with: { () throws(ImageError) in Zstandard(level: Self.level) },
            { zstandard, _ throws(ImageError) in
                // Whichever piece it is: blocks are numbered in the image's order.
                let (drafts, done) = try comparison.withLock { comparison throws(ImageError) in
                    (try comparison.goOn(chunks), comparison.done)
                }
                for (number, draft) in drafts { try file.add(number, draft, with: zstandard) }
                progress(done, new.size)
            })
        return try await control.run { () throws(ImageError) in
            let (last, chunks) = comparison.withLock { ($0.takeDraft(), $0.changed) }
            if let (number, draft) = last { try file.add(number, draft, with: Zstandard(level: Self.level)) }
            let length = try file.finish(
                DeltaPack.Head(
                    old: old.digest, new: new.digest, oldSize: old.size, newSize: new.size,
                    chunkBytes: new.lengths.maximum))
            return Outcome(chunks: chunks, blocks: comparison.withLock { $0.blocks }, bytes: length)
        }
    }
}

/// Finds what is new, from the new image's begin to its end.
private struct Comparison {
    private let old: ChunkIndex
    private let new: ChunkIndex
    private let images: (old: StoredImage, new: StoredImage)
    private let zeros: ChunkID
    private var content: (old: [UInt8], new: [UInt8])
    private var next = 0
    private var draft = DeltaSectionDraft(firstBlock: 0)
    private var drafts = 0
    /// The numbers of the new blocks of this section and the last one: whoever makes a chunk needs no other, however long the image.
    private var known: (last: [ChunkID: UInt32], current: [ChunkID: UInt32]) = ([:], [:])
    private(set) var changed = 0

    init(_ old: ChunkIndex, _ new: ChunkIndex, _ store: ChunkStore) {
        (self.old, self.new) = (old, new)
        images = (StoredImage(old, in: store), StoredImage(new, in: store))
        let nothing = [UInt8](repeating: 0, count: Int(new.lengths.maximum))
        content = (nothing, nothing)
        zeros = ChunkID(of: nothing[...])
    }

    /// Bytes of the new image.
    var done: UInt64 { next < new.count ? new.range(of: next).lowerBound : new.size }
    var blocks: Int { Int(draft.nextBlock) }

    /// Goes on by so many chunks.
    /// - Returns: the sections that are complete, with their numbers.
    mutating func goOn(_ count: Int) throws(ImageError) -> [(number: Int, draft: DeltaSectionDraft)] {
        var complete: [(number: Int, draft: DeltaSectionDraft)] = []
        for chunk in next..<min(next + count, new.count) {
            next = chunk + 1
            let id = new.id(of: chunk)
            let isSame = old.lengths == new.lengths && chunk < old.count && old.id(of: chunk) == id
            guard !isSame, id != zeros else { continue }
            try compare(chunk)
            if draft.length >= DeltaPack.sectionBytes, let draft = takeDraft() { complete.append(draft) }
        }
        return complete
    }

    /// The section that is being made, unless there is nothing in it.
    mutating func takeDraft() -> (number: Int, draft: DeltaSectionDraft)? {
        guard draft.length > 0 else { return nil }
        defer {
            drafts += 1
            draft = DeltaSectionDraft(firstBlock: draft.nextBlock)
            known = (known.current, [:])
        }
        return (drafts, draft)
    }

    private mutating func compare(_ chunk: Int) throws(ImageError) {
        let range = new.range(of: chunk)
        // What is behind the old image's end is like nothing.
        let there = Int(min(range.upperBound, max(old.size, range.lowerBound)) - range.lowerBound)
        try Self.read(images.new, range.count, at: range.lowerBound, into: &content.new)
        try Self.read(images.old, there, at: range.lowerBound, into: &content.old)
        var (blocks, added) = ([DeltaBlock](), [UInt8]())
        var next = draft.nextBlock
        for start in stride(from: 0, to: Int(new.lengths.maximum), by: DeltaPack.block) {
            let end = min(start + DeltaPack.block, range.count)
            let block = start < end ? content.new[start..<end] : []
            if block.isEmpty || end <= there && block.elementsEqual(content.old[start..<end]) {
                blocks.append(.asBefore)
            } else if block.allSatisfy({ $0 == 0 }) {
                blocks.append(.zeros)
            } else {
                let padded = block + [UInt8](repeating: 0, count: DeltaPack.block - block.count)
                let id = ChunkID(of: padded)
                if let number = known.current[id] ?? known.last[id] {
                    blocks.append(.new(number))
                } else {
                    blocks.append(.new(next))
                    known.current[id] = next
                    next += 1
                    added += padded
                }
            }
        }
        guard blocks.contains(where: { $0 != .asBefore }) else { return }
        draft.append(chunk, blocks, new: added)
        changed += 1
    }

    private static func read(
        _ image: StoredImage, _ count: Int, at offset: UInt64, into content: inout [UInt8]
    ) throws(ImageError) {
        let result = content.withUnsafeMutableBytes { content in
            Result { () throws(ImageError) in
                try image.read(into: UnsafeMutableRawBufferPointer(rebasing: content[..<count]), at: offset)
            }
        }
        try result.get()
    }
}

/// The file that is being written. Sections come from several threads, and lie in their order.
private final class DeltaFile: Sendable {
    private struct State {
        var entries: [UInt8] = []
        var offset = UInt64(DeltaPack.headLength)
        var written = 0
        var isFinished = false
        /// Those whose turn has not come.
        var waiting: [Int: (entry: DeltaPack.Entry, packed: [UInt8])] = [:]
    }

    private let path: String
    private let part: String
    private let lock: FileLock
    private let descriptor: Int32
    private let state = Mutex(State())

    init(_ path: String) throws(ImageError) {
        self.path = path
        part = path + ".part"
        do throws(FileError) {
            lock = try FileLock(part)
        } catch {
            throw error.isHeldElsewhere
                ? ImageError(.system, "\(path) is being made by somebody else; wait, or name another file")
                : ImageError(error)
        }
        descriptor = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
        guard descriptor >= 0 else { throw ImageError(FileError("make", part)) }
    }

    /// What did not become a delta goes.
    deinit {
        close(descriptor)
        if !state.withLock(\.isFinished) { unlink(part) }
    }

    func add(_ number: Int, _ draft: DeltaSectionDraft, with zstandard: Zstandard) throws(ImageError) {
        guard let firstChunk = draft.firstChunk else { return }
        let bytes = draft.bytes
        let packed = bytes.withUnsafeBytes(zstandard.packed)
        let entry = DeltaPack.Entry(
            firstChunk: firstChunk, firstBlock: draft.firstBlock, packedLength: UInt32(packed.count),
            length: UInt32(bytes.count), name: ChunkID(of: packed[...]))
        try state.withLock { state throws(ImageError) in
            state.waiting[number] = (entry, packed)
            while let (entry, packed) = state.waiting.removeValue(forKey: state.written) {
                try write(packed, at: state.offset)
                entry.append(to: &state.entries)
                state.offset += UInt64(packed.count)
                state.written += 1
            }
        }
    }

    /// - Returns: its length.
    func finish(_ head: DeltaPack.Head) throws(ImageError) -> UInt64 {
        let (table, place) = state.withLock { ($0.entries, $0.offset) }
        try write(table, at: place)
        try write(DeltaPack.headBytes(head, table: table, at: place), at: 0)
        do throws(FileError) { try DurableFile.publish(part, as: path, mode: 0o644) } catch { throw ImageError(error) }
        state.withLock { $0.isFinished = true }
        return place + UInt64(table.count)
    }

    private func write(_ bytes: [UInt8], at offset: UInt64) throws(ImageError) {
        let result = bytes.withUnsafeBytes { bytes in
            Result { () throws(FileError) in
                try DurableFile.write(bytes, to: descriptor, at: offset, path: part)
            }
        }
        do throws(FileError) { try result.get() } catch { throw ImageError(error) }
    }
}
