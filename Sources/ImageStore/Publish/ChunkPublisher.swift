import FleetRuntime
import Synchronization

/// Brings the chunks of an image into a store, on all cores. What is there already is not packed again.
public struct ChunkPublisher: Sendable {
    /// What became of an image.
    public struct Publication: Equatable, Sendable {
        public var index: ChunkIndex
        /// Chunks that were not in the store before, and their packed length in bytes.
        public var addedChunks = 0
        public var addedBytes: UInt64 = 0
    }

    /// So many bytes are one piece of work, about.
    private static let pieceBytes: UInt64 = 4 << 20

    /// An image may say that it has any size; the names of so many chunks take 2 GiB of memory.
    private static let mostChunks: UInt64 = 1 << 26

    private let store: ChunkStore
    private let boot: String

    /// - Parameter boot: the kernel's boot ID, of /proc/sys/kernel/random/boot_id.
    public init(store: ChunkStore, boot: String) {
        self.store = store
        self.boot = boot
    }

    /// - Parameters:
    ///   - index: the file that shall say which chunks the image is made of.
    ///   - chunkSize: one that fits the image when nil.
    ///   - progress: called from any thread with how many of the image's bytes are done.
    /// - Returns: what is in the index; it and its chunks are on the disk.
    public func publish(
        _ image: SourceImage, index path: String, chunkSize: ChunkSize? = nil,
        progress: @escaping @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) async throws(ImageError) -> Publication {
        let control = BlockingWork(name: "publish")
        let (writing, size) = try await control.run { [store, boot] () throws(ImageError) in
            (try StoreWriting(store, boot: boot), try image.open().size)
        }
        let chunkBytes = (chunkSize ?? ChunkSize(for: size)).bytes
        let cut = Cut(size: size, chunkBytes: chunkBytes, piece: max(1, Self.pieceBytes / chunkBytes))
        guard cut.count <= Self.mostChunks else {
            throw ImageError(
                .unusable,
                "\(image.path) has \(size) bytes, which are more than \(Self.mostChunks) chunks of \(chunkBytes)")
        }
        let results = Mutex(Results(cut))
        let holeID = [UInt8](repeating: 0, count: Int(chunkBytes)).withUnsafeBytes { ChunkID(of: $0) }
        try await PieceWork("publish", pieces: cut.pieces).run(
            with: { () throws(ImageError) in
                Press(disk: try image.open(), store: store, chunkBytes: Int(chunkBytes), holeID: holeID)
            },
            { press, piece throws(ImageError) in
                let pressed = try press.press(cut.chunks(of: piece))
                let done = results.withLock { $0.take(pressed, piece, cut) }
                progress(done, size)
            })
        let publication = results.withLock { $0.publication(cut) }
        try await control.run { () throws(ImageError) in
            do throws(FileError) {
                try writing.finish { () throws(FileError) in try publication.index.write(to: path) }
            } catch {
                throw ImageError(error)
            }
        }
        return publication
    }
}

/// An image cut into chunks of one length, and these into pieces of work.
private struct Cut: Sendable {
    let size: UInt64
    let chunkBytes: UInt64
    /// Chunks in each.
    let piece: UInt64

    var count: UInt64 { (size + chunkBytes - 1) / chunkBytes }
    var pieces: Int { Int((count + piece - 1) / piece) }

    /// Their places in the image.
    func chunks(of number: Int) -> [Range<UInt64>] {
        let first = UInt64(number) * piece
        return (first..<min(first + piece, count)).map { chunk in
            chunk * chunkBytes..<min((chunk + 1) * chunkBytes, size)
        }
    }
}

/// What one piece became.
private struct Pressed: Sendable {
    /// The chunks' names, one after the other.
    var ids: [UInt8] = []
    var addedChunks = 0
    var addedBytes: UInt64 = 0
}

private struct Results {
    /// The names of all chunks, at their places.
    private var ids: [UInt8]
    private var done: UInt64 = 0
    private var addedChunks = 0
    private var addedBytes: UInt64 = 0

    init(_ cut: Cut) { ids = [UInt8](repeating: 0, count: Int(cut.count) * ChunkID.length) }

    mutating func take(_ pressed: Pressed, _ piece: Int, _ cut: Cut) -> UInt64 {
        let start = piece * Int(cut.piece) * ChunkID.length
        ids.replaceSubrange(start..<start + pressed.ids.count, with: pressed.ids)
        addedChunks += pressed.addedChunks
        addedBytes += pressed.addedBytes
        done += cut.chunks(of: piece).reduce(0) { $0 + UInt64($1.count) }
        return done
    }

    func publication(_ cut: Cut) -> ChunkPublisher.Publication {
        ChunkPublisher.Publication(
            index: ChunkIndex(chunkBytes: cut.chunkBytes, size: cut.size, ids: ids), addedChunks: addedChunks,
            addedBytes: addedBytes)
    }
}

/// One thread's tools: reads chunks, names and packs them.
private final class Press {
    private let disk: any DiskContent
    private let store: ChunkStore
    private let holeID: ChunkID
    private let zstandard = Zstandard()
    private var buffer: [UInt8]

    init(disk: any DiskContent, store: ChunkStore, chunkBytes: Int, holeID: ChunkID) {
        self.disk = disk
        self.store = store
        self.holeID = holeID
        buffer = [UInt8](repeating: 0, count: chunkBytes)
    }

    func press(_ chunks: [Range<UInt64>]) throws(ImageError) -> Pressed {
        var pressed = Pressed()
        var last: ChunkID?
        for chunk in chunks {
            let isHole = try disk.isHole(chunk)
            if isHole, chunk.count == buffer.count, last == holeID {
                holeID.append(to: &pressed.ids)
                continue
            }
            let outcome = buffer.withUnsafeMutableBytes { buffer -> Result<(ChunkID, [UInt8]?), ImageError> in
                let content = UnsafeMutableRawBufferPointer(rebasing: buffer[..<chunk.count])
                do throws(ImageError) {
                    if isHole {
                        content.initializeMemory(as: UInt8.self, repeating: 0)
                    } else {
                        try disk.read(into: content, at: chunk.lowerBound)
                    }
                } catch {
                    return .failure(error)
                }
                let id = ChunkID(of: UnsafeRawBufferPointer(content))
                return .success((id, store.contains(id) ? nil : zstandard.packed(UnsafeRawBufferPointer(content))))
            }
            let (id, frame) = try outcome.get()
            id.append(to: &pressed.ids)
            last = id
            guard let frame else { continue }
            do throws(FileError) { try store.add(id, frame) } catch { throw ImageError(error) }
            pressed.addedChunks += 1
            pressed.addedBytes += UInt64(frame.count)
        }
        return pressed
    }
}
