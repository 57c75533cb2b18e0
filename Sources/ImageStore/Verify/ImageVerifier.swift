import FleetRuntime
import Synchronization

/// Compares what an index names with what is there, on all cores, and finds all that is wrong.
public struct ImageVerifier: Sendable {
    /// Where the chunks are looked for.
    public enum Place: Sendable {
        case store(ChunkStore)
        /// A raw image.
        case image(String)
        /// Section by section; a fault is told at the first chunk of it.
        case delta(DeltaPack)
    }

    public struct Fault: Equatable, Sendable {
        public var chunk: ChunkID
        /// The chunk's first place in the image, in bytes.
        public var offset: UInt64
        /// For people.
        public var reason: String
    }

    /// So many bytes are one piece of work, about.
    private static let pieceBytes: UInt64 = 4 << 20

    private let index: ChunkIndex

    public init(_ index: ChunkIndex) { self.index = index }

    /// - Parameter progress: called from any thread with how many of the bytes to be looked at are done.
    /// - Returns: in the order of the image. A chunk that the image has at many places is looked for in a store once.
    public func faults(
        in place: Place, progress: @escaping @Sendable (_ done: UInt64, _ total: UInt64) -> Void = { _, _ in }
    ) async throws(ImageError) -> [Fault] {
        if case .delta(let delta) = place { try delta.requireMade(for: index) }
        let chunks = chunks(in: place)
        let total = chunks.reduce(0) { $0 + UInt64(index.range(of: $1).count) }
        let each = max(1, Int(Self.pieceBytes / index.lengths.average))
        let found = Mutex((done: UInt64(0), faults: [Fault]()))
        try await PieceWork("verify", pieces: (chunks.count + each - 1) / each).run(
            with: { () throws(ImageError) in try Comparison(index, place) },
            { comparison, piece throws(ImageError) in
                let part = chunks[piece * each..<min((piece + 1) * each, chunks.count)]
                var (done, faults) = (UInt64(0), [Fault]())
                for chunk in part {
                    if let fault = try comparison.fault(chunk) { faults.append(fault) }
                    done += UInt64(index.range(of: chunk).count)
                }
                let allDone = found.withLock { found in
                    found.done += done
                    found.faults += faults
                    return found.done
                }
                progress(allDone, total)
            })
        return found.withLock(\.faults).sorted { $0.offset < $1.offset }
    }

    private func chunks(in place: Place) -> [Int] {
        switch place {
        case .image: return Array(0..<index.count)
        case .delta(let delta): return delta.entries.map { Int($0.firstChunk) }
        case .store:
            var seen: Set<ChunkID> = []
            return (0..<index.count).filter { seen.insert(index.id(of: $0)).inserted }
        }
    }
}

/// One thread's tools.
private final class Comparison {
    private let index: ChunkIndex
    private let read: (Int, UnsafeMutableRawBufferPointer) throws(ImageError) -> Void
    private let buffer: UnsafeMutableRawBufferPointer

    init(_ index: ChunkIndex, _ place: ImageVerifier.Place) throws(ImageError) {
        self.index = index
        switch place {
        case .store(let store):
            let zstandard = Zstandard()
            read = { chunk, content throws(ImageError) in
                _ = try store.read(index.id(of: chunk), into: content, with: zstandard)
            }
        case .delta(let delta):
            let reader = try DeltaReader(delta)
            read = { chunk, _ throws(ImageError) in
                guard let section = delta.section(of: chunk) else { return }
                _ = try reader.read(section)
            }
        case .image(let path):
            let disk = try RawDisk(path)
            guard disk.size == index.size else {
                throw ImageError(.wrongSize, "\(path) has \(disk.size) bytes, and the index is of \(index.size)")
            }
            read = { chunk, content throws(ImageError) in
                try disk.read(into: content, at: index.range(of: chunk).lowerBound)
                guard ChunkID(of: UnsafeRawBufferPointer(content)) == index.id(of: chunk) else {
                    throw ImageError(.wrongDigest, "\(path) holds something else there")
                }
            }
        }
        buffer = .allocate(byteCount: Int(index.lengths.maximum), alignment: 4096)
    }

    deinit { buffer.deallocate() }

    /// - Throws: what says nothing about this chunk alone.
    func fault(_ chunk: Int) throws(ImageError) -> ImageVerifier.Fault? {
        let range = index.range(of: chunk)
        do throws(ImageError) {
            try read(chunk, UnsafeMutableRawBufferPointer(rebasing: buffer[..<range.count]))
            return nil
        } catch {
            return ImageVerifier.Fault(chunk: index.id(of: chunk), offset: range.lowerBound, reason: error.message)
        }
    }
}
