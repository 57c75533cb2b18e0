import FleetRuntime
import HTTPClient

/// Brings chunks from web servers into an image, many at a time. A network that is gone, or a server that has enough to do, is waited for
/// without end; what another mirror has is asked for there. One thread's; its calls block.
final class ChunkFetcher {
    /// Requests at a time, and so connections, of each.
    static let streams = 16
    /// How long a wait takes before it looks whether it is still wanted.
    private static let patience = Duration.seconds(1)
    private static let longestPause = Duration.seconds(60)
    /// A server that asks for more may have a wrong idea of time.
    private static let longestAskedPause = 600
    /// How often a mirror may send something else than a chunk: what stands between may be at fault.
    private static let trials = 3

    /// Chunks that wait for a mirror, at most: nothing else is asked for then.
    private static let mostWaiting = 256

    /// A chunk that is under way, or is to be asked for again.
    private struct Errand {
        let chunk: Int
        /// What each mirror's answer was where it was not the chunk.
        var answers: [Int: ImageError] = [:]
        /// What came that was something else.
        var wrong = 0
    }

    private let index: ChunkIndex
    private let servers: ChunkServers
    private let target: TargetFile
    private let queue: ChunkQueue
    private let time: any TimeSource
    private let firstPause: Duration
    let downloads: ParallelDownloads
    private let zstandard = Zstandard()
    private let buffer: UnsafeMutableRawBufferPointer
    private let limit: RateLimit?
    private var underWay: [Int: (errand: Errand, mirror: Int, reserved: Double)] = [:]
    private var again: [Errand] = []
    /// The mirror that answers.
    private var mirror = 0
    private var rests: [Rest]
    /// When something may be started that cannot be now.
    private var turnAt: Duration?

    /// A mirror that did not answer is left alone for a while.
    private struct Rest {
        var failures = 0
        var until: Duration?
    }

    init(
        _ index: ChunkIndex, _ servers: ChunkServers, _ target: TargetFile, _ queue: ChunkQueue, limit: RateLimit?,
        time: any TimeSource, firstPause: Duration
    ) {
        self.index = index
        self.servers = servers
        self.target = target
        self.queue = queue
        self.limit = limit
        self.time = time
        self.firstPause = firstPause
        rests = Array(repeating: Rest(), count: servers.mirrors.count)
        downloads = ParallelDownloads(limit: Self.streams, certificateAuthority: servers.certificateAuthority)
        queue.listen(downloads)
        buffer = .allocate(byteCount: Int(index.lengths.maximum), alignment: 4096)
    }

    deinit { buffer.deallocate() }

    /// Returns when the queue is closed and all of it is there.
    /// - Parameter news: a chunk is there, or why nothing comes at present.
    func run(news: (_ origins: ImageExtractor.Origins, _ trouble: String?) -> Void) throws(ImageError) {
        while true {
            guard !queue.isAbandoned else { throw ImageError(.cancelled, "the fetch was cancelled") }
            let isAtEnd = try startWhatCanBe()
            if isAtEnd, underWay.isEmpty, again.isEmpty { return }
            for ended in downloads.wait(upTo: pause) {
                guard let (errand, mirror, reserved) = underWay.removeValue(forKey: ended.tag) else { continue }
                limit?.settle(reserved, brought: (try? ended.result.get())?.body.count ?? 0)
                try take(ended.result, errand, mirror, news)
            }
        }
    }

    private var pause: Duration {
        turnAt.map { max(.zero, min($0 - time.monotonic(), Self.patience)) } ?? Self.patience
    }

    /// - Returns: whether nothing is left in the queue, and nothing will come.
    private func startWhatCanBe() throws(ImageError) -> Bool {
        let now = time.monotonic()
        let wakes = rests.compactMap(\.until).filter { $0 > now }
        turnAt = nil
        var waiting: [Errand] = []
        defer {
            again += waiting
            if !again.isEmpty, let wake = wakes.min() { turnAt = min(turnAt ?? wake, wake) }
        }
        while downloads.hasRoom {
            let errand: Errand
            if let last = again.popLast() {
                errand = last
            } else {
                guard wakes.count < rests.count, waiting.count < Self.mostWaiting else { return false }
                switch queue.take() {
                case .chunk(let chunk): errand = Errand(chunk: chunk)
                case .nothingYet: return false
                case .end: return true
                }
            }
            guard let mirror = mirror(for: errand, at: now) else {
                waiting.append(errand)
                continue
            }
            switch limit?.next() ?? .now(reserved: 0) {
            case .now(let reserved): try start(errand, at: mirror, reserved)
            case .later(let delay):
                again.append(errand)
                turnAt = now + delay
                return false
            }
        }
        return false
    }

    /// The one that answers, unless it has answered this one, or rests.
    private func mirror(for errand: Errand, at now: Duration) -> Int? {
        let order = (0..<rests.count).map { (mirror + $0) % rests.count }
        return order.first { errand.answers[$0] == nil && rests[$0].until.map { $0 <= now } ?? true }
    }

    private func start(_ errand: Errand, at mirror: Int, _ reserved: Double) throws(ImageError) {
        let length = index.range(of: errand.chunk).count
        let request = servers.request(
            for: index.id(of: errand.chunk), at: mirror, longest: Zstandard.longestFrame(of: length))
        do throws(HTTPError) { try downloads.start(request, tag: errand.chunk) } catch { throw ImageError(error) }
        underWay[errand.chunk] = (errand, mirror, reserved)
    }

    private func take(
        _ result: Result<HTTPResponse, HTTPError>, _ errand: Errand, _ mirror: Int,
        _ news: (ImageExtractor.Origins, String?) -> Void
    ) throws(ImageError) {
        switch result {
        case .success(let response) where response.status == 200:
            do throws(ImageError) {
                let length = try store(response.body, errand.chunk, from: mirror)
                rests[mirror] = Rest()
                news(
                    ImageExtractor.Origins(store: UInt64(length), packed: UInt64(response.body.count)), nil)
            } catch {
                guard error.code == .wrongDigest else { throw error }
                try askAgain(errand, mirror, error)
            }
        case .success(let response) where response.status >= 500 || [408, 429].contains(response.status):
            wait(
                errand, mirror, "\(servers.mirrors[mirror]) answers with \(response.status)", news,
                atLeast: Self.askedPause(response))
        case .success(let response):
            try askElsewhere(errand, mirror, refusal(response, errand.chunk, mirror))
        case .failure(let error):
            switch error.kind {
            case .unreachable, .timedOut, .connectionLost: wait(errand, mirror, error.description, news)
            case .tooLarge:
                try askAgain(
                    errand, mirror,
                    ImageError(
                        .wrongDigest, "\(error.description), more than chunk \(index.id(of: errand.chunk)) can be"))
            default: try askElsewhere(errand, mirror, ImageError(error))
            }
        }
    }

    /// - Returns: the chunk's length.
    private func store(_ frame: [UInt8], _ chunk: Int, from mirror: Int) throws(ImageError) -> Int {
        let (id, range) = (index.id(of: chunk), index.range(of: chunk))
        let content = UnsafeMutableRawBufferPointer(rebasing: buffer[..<range.count])
        guard frame.withUnsafeBytes({ zstandard.unpack($0, into: content) }),
            ChunkID(of: UnsafeRawBufferPointer(content)) == id
        else {
            throw ImageError(
                .wrongDigest,
                "chunk \(id) is damaged: \(servers.mirrors[mirror]) has something else than its name says")
        }
        try target.write(chunk, UnsafeRawBufferPointer(content), at: range.lowerBound, isFetched: true)
        return range.count
    }

    private func refusal(_ response: HTTPResponse, _ chunk: Int, _ mirror: Int) -> ImageError {
        let (id, url) = (index.id(of: chunk), servers.mirrors[mirror])
        return switch response.status {
        case 404, 410: ImageError(.unusable, "chunk \(id) is missing: \(url) does not have it")
        case 401, 403: ImageError(.refused, "\(url) does not let us have chunk \(id) (\(response.status))")
        default: ImageError(.refused, "\(url) answers with \(response.status) where chunk \(id) should be")
        }
    }

    /// This mirror, or whoever stands before it, had something else in its place.
    private func askAgain(_ errand: Errand, _ mirror: Int, _ error: ImageError) throws(ImageError) {
        var errand = errand
        errand.wrong += 1
        guard errand.wrong >= Self.trials else { return again.append(errand) }
        errand.wrong = 0
        try askElsewhere(errand, mirror, error)
    }

    /// This mirror does not have it.
    private func askElsewhere(_ errand: Errand, _ mirror: Int, _ error: ImageError) throws(ImageError) {
        var errand = errand
        errand.answers[mirror] = error
        guard errand.answers.count < servers.mirrors.count else {
            // What the first one says, as that is the one that somebody would look at.
            throw errand.answers[0] ?? error
        }
        again.append(errand)
    }

    /// What the server asks for as a number of seconds (Retry-After; RFC 9110, 10.2.3).
    private static func askedPause(_ response: HTTPResponse) -> Duration {
        .seconds(response.headers["retry-after"].flatMap { Int($0) }.map { min(max(0, $0), longestAskedPause) } ?? 0)
    }

    /// This mirror does not answer now: another one is asked meanwhile.
    private func wait(
        _ errand: Errand, _ mirror: Int, _ reason: String, _ news: (ImageExtractor.Origins, String?) -> Void,
        atLeast asked: Duration = .zero
    ) {
        again.append(errand)
        let now = time.monotonic()
        // What else was under way to it says nothing new.
        guard rests[mirror].until.map({ $0 <= now }) ?? true else { return }
        let pause = min(firstPause * (1 << min(rests[mirror].failures, 10)), Self.longestPause)
        rests[mirror].failures += 1
        // So that a fleet that lost its server does not come back as one.
        rests[mirror].until = now + asked + pause * Double.random(in: 0.5...1)
        if mirror == self.mirror { self.mirror = (mirror + 1) % rests.count }
        if rests.allSatisfy({ $0.until.map { $0 > now } ?? false }) { news(ImageExtractor.Origins(), reason) }
    }
}
