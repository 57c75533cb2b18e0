import FleetRuntime
import Synchronization

/// Makes a raw image of what an index names: from older images that are here, and for the rest from a store. No chunk counts before it
/// has been compared with its name.
public struct ImageExtractor: Sendable {
    /// Where an image's bytes came from.
    public struct Origins: Equatable, Sendable {
        /// Zeros, for which nothing is written.
        public var holes: UInt64 = 0
        /// What an attempt before had left in the target.
        public var target: UInt64 = 0
        public var seeds: UInt64 = 0
        /// What a delta and the old image made together.
        public var delta: UInt64 = 0
        public var store: UInt64 = 0
        /// What the chunks from the store are packed.
        public var packed: UInt64 = 0

        /// All that is done.
        public var bytes: UInt64 { holes + target + seeds + delta + store }
    }

    /// So many bytes are one piece of work, about.
    private static let pieceBytes: UInt64 = 4 << 20
    /// Threads that fetch, each with as many requests at a time as `ChunkFetcher.streams`.
    private static let fetchers = 2

    private let source: ChunkSource
    private let seeds: [String]
    private let unchanged: ChunkSet?
    private let delta: DeltaPack?
    private let limit: RateLimit?
    private let time: any TimeSource
    private let firstPause: Duration

    /// - Parameters:
    ///   - seeds: raw images in which parts are looked for at the same places; the first that has one counts. Where the file system
    ///     can, the image shares the blocks that it has in common with the first.
    ///   - unchanged: what the first seed has for certain, as it was verified, and nobody has written to it since: where the image
    ///     shares its blocks, these are not read.
    ///   - delta: to this image from one that is the first seed of its length. What comes out wrong, as that seed is another image or
    ///     anything is damaged, comes from the source.
    ///   - limit: of what comes from servers.
    public init(
        source: ChunkSource, seeds: [String] = [], unchanged: ChunkSet? = nil, delta: DeltaPack? = nil,
        limit: RateLimit? = nil
    ) {
        self.init(
            source: source, seeds: seeds, unchanged: unchanged, delta: delta, limit: limit, time: SystemTimeSource(),
            firstPause: .milliseconds(500))
    }

    /// - Parameter firstPause: before a server that did not answer is asked again; the next ones are longer.
    init(
        source: ChunkSource, seeds: [String] = [], unchanged: ChunkSet? = nil, delta: DeltaPack? = nil,
        limit: RateLimit? = nil, time: any TimeSource = SystemTimeSource(), firstPause: Duration
    ) {
        self.source = source
        self.seeds = seeds
        self.unchanged = unchanged
        self.delta = delta
        self.limit = limit
        self.time = time
        self.firstPause = firstPause
    }

    /// Makes the image, or goes on with what an attempt before had left; it has its name when it is whole and on the disk.
    /// - Parameter progress: called from any thread with where the bytes that are done came from, and why servers do not answer
    ///   at present.
    public func extract(
        _ index: ChunkIndex, to path: String,
        progress: @escaping @Sendable (_ origins: Origins, _ trouble: String?) -> Void = { _, _ in }
    ) async throws(ImageError) -> Origins {
        let control = BlockingWork(name: "extract")
        let delta = try await control.run { () throws(ImageError) in try application(to: index) }
        let target = try await control.run { [seeds] () throws(ImageError) in
            try TargetFile(for: path, index, like: seeds.first)
        }
        let origins = Mutex(Origins())
        @Sendable func report(_ added: Origins, _ trouble: String? = nil) {
            progress(
                origins.withLock { origins in
                    origins.add(added)
                    return origins
                }, trouble)
        }
        do throws(ImageError) {
            switch source {
            case .directory(let store):
                try await find(index, delta, in: target, report: { report($0) }) { .read(store) }
            case .servers(let servers):
                try await fetch(index, delta, from: servers, to: target, report: report)
            }
        } catch {
            try? await control.run { () throws(ImageError) in try target.pause() }
            throw error
        }
        try await control.run { () throws(ImageError) in try target.finish(as: path) }
        return origins.withLock(\.self)
    }

    /// The delta, and the old image.
    private func application(to index: ChunkIndex) throws(ImageError) -> Filler.Delta? {
        guard let delta else { return nil }
        try delta.requireMade(for: index)
        guard let old = seeds.first(where: { DurableFile.size($0) == delta.head.oldSize }) else {
            throw ImageError(
                .unusable,
                "\(delta.path) needs the image that it was made for, of \(delta.head.oldSize) bytes, and no seed has that length"
            )
        }
        return (delta, old)
    }

    /// Fills the target from what is here.
    private func find(
        _ index: ChunkIndex, _ delta: Filler.Delta?, in target: TargetFile,
        report: @escaping @Sendable (Origins) -> Void,
        _ missing: @escaping @Sendable () -> Filler.Missing
    ) async throws(ImageError) {
        let chunks = max(1, Int(Self.pieceBytes / index.lengths.average))
        try await PieceWork("extract", pieces: (index.count + chunks - 1) / chunks).run(
            with: { [seeds, unchanged] () throws(ImageError) in
                try Filler(
                    index: index, target: target, seeds: seeds, unchanged: unchanged, delta: delta, missing: missing())
            },
            { filler, piece throws(ImageError) in
                report(try filler.fill(piece * chunks..<min((piece + 1) * chunks, index.count)))
            })
    }

    /// Fills the target from what is here, while what is not comes from servers.
    private func fetch(
        _ index: ChunkIndex, _ delta: Filler.Delta?, from servers: ChunkServers, to target: TargetFile,
        report: @escaping @Sendable (Origins, String?) -> Void
    ) async throws(ImageError) {
        let queue = await BlockingWork(name: "order").run { ChunkQueue(repeated: RepeatedChunks(of: index)) }
        let failure = await withTaskCancellationHandler {
            await withTaskGroup(of: ImageError?.self) { group in
                group.addTask {
                    do throws(ImageError) {
                        try await find(index, delta, in: target, report: { report($0, nil) }) { .ask(queue) }
                        queue.close()
                        return nil
                    } catch {
                        return error
                    }
                }
                for number in 0..<Self.fetchers {
                    group.addTask {
                        await BlockingWork(name: "fetch-\(number)").run {
                            let fetcher = ChunkFetcher(
                                index, servers, target, queue, limit: limit, time: time, firstPause: firstPause)
                            do throws(ImageError) {
                                try fetcher.run(news: report)
                                return nil
                            } catch {
                                return error
                            }
                        }
                    }
                }
                var first: ImageError?
                for await case let error? in group where first == nil {
                    first = error
                    queue.abandon()
                    group.cancelAll()
                }
                return first
            }
        } onCancel: {
            queue.abandon()
        }
        if let failure { throw failure }
        let copies = queue.copies
        try await PieceWork("copy", pieces: copies.count).run(
            with: { () throws(ImageError) in try Copier(index, target) },
            { copier, piece throws(ImageError) in report(try copier.copy(copies[piece]), nil) })
    }
}

extension ImageExtractor.Origins {
    fileprivate mutating func add(_ other: Self) {
        holes += other.holes
        target += other.target
        seeds += other.seeds
        delta += other.delta
        store += other.store
        packed += other.packed
    }
}
