import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Glibc
import Synchronization
import Testing

@testable import ImageStore

/// Images whose chunks come from web servers: from a real nginx, and from servers with every fault that we could think of.
@Suite struct ChunkFetchTests {
    @Test func anImageComesFromNginxOverConnectionsThatAreKept() async throws {
        let image = try await ChunkedImage(chunks: 400)
        let server = try await NginxServer(serving: image.store.directory)
        let origins = try await image.make(from: [server.url])
        #expect(try image.isMade())
        let requests = server.requests
        #expect(requests.count == image.stored && requests.allSatisfy { $0.status == "200" })
        #expect(Set(requests.map(\.connection)).count <= 32, "two threads, 16 connections each")
        #expect(origins.store == UInt64(image.stored - 1) * 65_536 + 7 && origins.packed < origins.store)
        #expect(
            try DurableFile.entries(of: image.directory.path).sorted() == [
                "source.caibx", "source.raw", "store", "target.raw",
            ])
    }

    @Test func requestsShareAConnectionWhereTheServerSpeaksHTTP2() async throws {
        let image = try await ChunkedImage(chunks: 100)
        let authority = try await CertificateAuthority()
        let tls = try await authority.issue("images")
        let server = try await NginxServer(serving: image.store.directory, tls: tls)
        try await image.make(from: [server.url], certificateAuthority: tls.caFile)
        #expect(try image.isMade())
        #expect(Set(server.requests.map(\.version)) == ["HTTP/2.0"])
        #expect(Set(server.requests.map(\.connection)).count <= 2, "one for each thread")
        let stranger = await #expect(throws: ImageError.self) {
            try await ImageExtractor(source: .servers(ChunkServers(mirrors: [server.url]))).extract(
                image.index, to: image.directory.file("other.raw"))
        }
        #expect(stranger?.code == .refused && stranger?.message.contains("certificate") == true, "\(stranger)")
    }

    /// Whatever a network does, the image is the one that was published.
    @Test(arguments: 1...8) func everyFaultOfANetworkIsOutlived(seed: UInt64) async throws {
        let image = try await ChunkedImage(chunks: 60, seed: seed)
        let random = Mutex(SeededGenerator(seed: seed))
        let server = try ScriptedHTTPServer { request, exchange in
            let fault = random.withLock { Int.random(in: 0..<14, using: &$0) }
            guard let body = image.answer(request.path) else { return exchange.respond(404) }
            let head = "HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n"
            switch fault {
            case 0: exchange.respond(503)
            case 1: exchange.respond(429, [("Retry-After", "1")])
            case 2: exchange.close()
            case 3:
                exchange.write(head)
                exchange.write(Array(body[..<(body.count / 2)]))
                exchange.close()
            case 4:
                exchange.write("HTTP/1.1 200 OK\r\nContent-Le")
                exchange.close()
            case 5:
                // Slowly, in pieces.
                exchange.write(head)
                for start in stride(from: 0, to: body.count, by: 10_000) {
                    exchange.write(Array(body[start..<min(start + 10_000, body.count)]))
                }
            case 6:
                exchange.respond(200, body: body)
                exchange.close()
            default: exchange.respond(200, body: body)
            }
        }
        let origins = try await image.make(from: [server.url])
        #expect(try image.isMade())
        #expect(origins.bytes == image.index.size)
        #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Bearer host-token" })
    }

    /// What a server may say in place of a chunk, and what is told of it.
    enum Lie: CaseIterable {
        case missing, damaged, tooLong, bomb, empty, elsewhere, forbidden, rangeless

        func tell(_ exchange: HTTPExchange) {
            switch self {
            case .missing: exchange.respond(404)
            case .damaged: exchange.respond(200, body: [UInt8](repeating: 7, count: 1000))
            case .tooLong:
                // Says that there are 8 EiB, and sends on.
                exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n")
                for _ in 0..<64 { exchange.write([UInt8](repeating: 7, count: 65_536)) }
                exchange.close()
            case .bomb:
                exchange.respond(
                    200, body: [UInt8](repeating: 0, count: 1 << 28).withUnsafeBytes { Zstandard().packed($0) })
            case .empty: exchange.respond(200)
            case .elsewhere: exchange.respond(302, [("Location", "http://127.0.0.1:1/")])
            case .forbidden: exchange.respond(403)
            case .rangeless: exchange.respond(416)
            }
        }

        var expected: (ImageError.Code, String) {
            switch self {
            case .missing: (.unusable, "is missing")
            case .damaged, .bomb, .empty: (.wrongDigest, "is damaged")
            case .tooLong: (.wrongDigest, "can be")
            case .elsewhere: (.refused, "answers with 302")
            case .forbidden: (.refused, "does not let us have")
            case .rangeless: (.refused, "answers with 416")
            }
        }
    }

    @Test(arguments: Lie.allCases) func aServerThatHasSomethingElseIsNamedAndAnotherMirrorAsked(lie: Lie) async throws {
        let image = try await ChunkedImage(chunks: 20)
        let id = image.index.id(of: 5)
        let liar = try ScriptedHTTPServer { request, exchange in
            if request.path == "/" + ChunkStore.name(of: id) { return lie.tell(exchange) }
            exchange.respond(200, body: image.answer(request.path) ?? [])
        }
        let error = await #expect(throws: ImageError.self) { try await image.make(from: [liar.url]) }
        let (code, words) = lie.expected
        #expect(error?.code == code && error?.message.contains(words) == true, "\(error)")
        #expect(error?.message.contains("\(id)") == true && error?.message.contains(liar.url) == true)
        #expect(!DurableFile.exists(image.target) && DurableFile.exists(image.target + ".part"))
        let honest = try ScriptedHTTPServer { request, exchange in
            exchange.respond(200, body: image.answer(request.path) ?? [])
        }
        try await image.make(from: [liar.url, honest.url])
        #expect(try image.isMade())
    }

    @Test func aMirrorThatIsDownIsLeftForOneThatIsNot() async throws {
        let image = try await ChunkedImage(chunks: 50)
        let server = try await NginxServer(serving: image.store.directory)
        try await image.make(from: ["http://127.0.0.1:1", server.url])
        #expect(try image.isMade())
    }

    /// What it asks for is added to what it would get anyway, by a clock that the test moves.
    @Test func aServerThatAsksForAPauseGetsIt() async throws {
        let image = try await ChunkedImage(chunks: 5)
        let isUp = Atomic(false)
        let server = try ScriptedHTTPServer { request, exchange in
            guard isUp.load(ordering: .relaxed) else { return exchange.respond(503, [("Retry-After", "300")]) }
            exchange.respond(200, body: image.answer(request.path) ?? [])
        }
        let time = ManualTimeSource()
        let troubles = Atomic(0)
        let extractor = ImageExtractor(
            source: .servers(ChunkServers(mirrors: [server.url])), time: time, firstPause: .milliseconds(1))
        let task = Task {
            try await extractor.extract(image.index, to: image.target) { _, trouble in
                if trouble != nil { troubles.add(1, ordering: .relaxed) }
            }
        }
        #expect(try await eventually { server.requests.count == image.stored && troubles.load(ordering: .relaxed) > 0 })
        isUp.store(true, ordering: .relaxed)
        time.advance(by: .seconds(299))
        // Longer than the fetcher's patience.
        try await Task.sleep(for: .seconds(2))
        #expect(server.requests.count == image.stored)
        #expect(
            try await eventually {
                time.advance(by: .seconds(2))
                return DurableFile.exists(image.target)
            })
        _ = try await task.value
        #expect(try image.isMade())
    }

    /// One mirror lacks a chunk, and the one that has it does not answer: it is asked now and then, by a clock that the test moves.
    @Test func aMirrorThatDoesNotAnswerIsLeftAloneForAWhile() async throws {
        let image = try await ChunkedImage(chunks: 50)
        let missing = "/" + ChunkStore.name(of: image.index.id(of: 5))
        let partial = try ScriptedHTTPServer { request, exchange in
            guard request.path != missing else { return exchange.respond(404) }
            exchange.respond(200, body: image.answer(request.path) ?? [])
        }
        let isUp = Atomic(false)
        let other = try ScriptedHTTPServer { request, exchange in
            guard isUp.load(ordering: .relaxed) else { return exchange.respond(503) }
            exchange.respond(200, body: image.answer(request.path) ?? [])
        }
        let time = ManualTimeSource()
        let extractor = ImageExtractor(
            source: .servers(ChunkServers(mirrors: [partial.url, other.url])), time: time, firstPause: .seconds(60))
        let task = Task { try await extractor.extract(image.index, to: image.target) }
        #expect(try await eventually { partial.requests.count == image.stored && !other.requests.isEmpty })
        let advances = Atomic(0)
        #expect(
            try await eventually {
                time.advance(by: .seconds(60))
                advances.add(1, ordering: .relaxed)
                return other.requests.count > 5
            })
        #expect(other.requests.count <= 1 + advances.load(ordering: .relaxed), "never twice by one clock")
        isUp.store(true, ordering: .relaxed)
        #expect(
            try await eventually {
                time.advance(by: .seconds(60))
                return DurableFile.exists(image.target)
            })
        _ = try await task.value
        #expect(try image.isMade())
    }

    @Test func aServerThatComesBackIsWaitedForAndThatIsTold() async throws {
        let image = try await ChunkedImage(chunks: 10)
        let isUp = Atomic(false)
        let server = try ScriptedHTTPServer { request, exchange in
            guard isUp.load(ordering: .relaxed) else { return exchange.respond(502) }
            exchange.respond(200, body: image.answer(request.path) ?? [])
        }
        try await image.make(from: [server.url]) { _, trouble in
            if trouble == "\(server.url) answers with 502" { isUp.store(true, ordering: .relaxed) }
        }
        #expect(try image.isMade())
    }

    @Test func onlyWhatTheSeedsDoNotHaveIsFetched() async throws {
        let image = try await ChunkedImage(chunks: 100)
        var old = image.content
        for chunk in [0, 17, 42] { old[chunk * 65_536] ^= 1 }
        let seed = image.directory.file("old.raw")
        try Data(old).write(to: URL(filePath: seed))
        let server = try await NginxServer(serving: image.store.directory)
        let origins = try await image.make(from: [server.url], seeds: [seed])
        #expect(try image.isMade())
        #expect(server.requests.count == 3 && origins.store == 3 * 65_536)
    }

    /// On XFS: what the two have in common takes no room, and what has become zeros is zeros.
    @Test func theImageSharesTheBlocksOfItsSeed() async throws {
        let image = try await ChunkedImage(chunks: 200)
        let files = try await ReflinkFileSystem()
        var old = image.content + [UInt8](repeating: 3, count: 1 << 20)
        for chunk in [0, 7, 17, 42] { old[chunk * 65_536] ^= 1 }
        let (seed, target) = (files.file("old.raw"), files.file("new.raw"))
        try Data(old).write(to: URL(filePath: seed))
        sync()
        func free() -> UInt64 {
            var information = statvfs()
            statvfs(files.path, &information)
            return UInt64(information.f_bfree) * UInt64(information.f_frsize)
        }
        let before = free()
        let server = try await NginxServer(serving: image.store.directory)
        let servers = ChunkServers(mirrors: [server.url])
        let origins = try await ImageExtractor(source: .servers(servers), seeds: [seed]).extract(
            image.index, to: target)
        #expect(try DurableFile.bytes(of: target) == image.content)
        #expect(try DurableFile.bytes(of: seed) == old)
        #expect(server.requests.count == 3 && origins.seeds == image.index.size - 4 * 65_536)
        sync()
        #expect(before - free() < 1 << 20, "of 13 MB")
    }

    /// Also when the place that comes first is the one that a seed has.
    @Test func aChunkThatAnImageHasAtSeveralPlacesIsFetchedOnce() async throws {
        let once = try await ChunkedImage(chunks: 40)
        let image = try await ChunkedImage(of: once.content[..<(40 * 65_536)] + once.content)
        let server = try await NginxServer(serving: image.store.directory)
        let origins = try await image.make(from: [server.url])
        #expect(try image.isMade())
        #expect(server.requests.count == image.stored && image.stored == 31)
        #expect(origins.store == 60 * 65_536 + 7 && origins.bytes == image.index.size)
        try DurableFile.remove(image.target)
        let seed = image.directory.file("seed.raw")
        try Data(once.content[..<(2 * 65_536)]).write(to: URL(filePath: seed))
        try await image.make(from: [server.url], seeds: [seed])
        #expect(try image.isMade())
        #expect(server.requests.count == 31 + 29)
    }

    /// What the seed is said to have for certain is not even looked at, and only then.
    @Test(arguments: [true, false])
    func aSeedThatIsKnownIsNotReadWhereItsBlocksAreShared(isShared: Bool) async throws {
        let image = try await ChunkedImage(chunks: 40)
        let files = try await ReflinkFileSystem()
        var old = image.content
        old[17 * 65_536] ^= 1
        let seed = files.file("old.raw")
        try Data(old).write(to: URL(filePath: seed))
        let publication = try await ChunkPublisher(store: image.store, boot: "this").publish(
            SourceImage(path: seed, format: .raw), index: files.file("old.caibx"))
        let unchanged = try #require(try image.index.chunks(alsoIn: files.file("old.caibx")))
        #expect((0..<image.index.count).filter { !unchanged.contains($0) } == [17])
        #expect(try ChunkIndex(file: files.file("old.caibx")) == publication.index)
        // Somebody has written to it all the same.
        var written = old
        written[2 * 65_536] ^= 1
        try Data(written).write(to: URL(filePath: seed))
        let target = isShared ? files.file("new.raw") : image.target
        let origins = try await ImageExtractor(source: .directory(image.store), seeds: [seed], unchanged: unchanged)
            .extract(image.index, to: target)
        let isMade = try DurableFile.bytes(of: target) == image.content
        #expect(isMade == !isShared && origins.store == (isShared ? 65_536 : 2 * 65_536))
    }

    @Test func aFetchThatIsCancelledEndsAtOnceAndGoesOnLater() async throws {
        let image = try await ChunkedImage(chunks: 100)
        let answered = Atomic(0)
        let silent = try ScriptedHTTPServer { request, exchange in
            guard answered.add(1, ordering: .relaxed).oldValue < 40 else { return exchange.waitForClient() }
            exchange.respond(200, body: image.answer(request.path) ?? [])
        }
        let task = Task { try await image.make(from: [silent.url]) }
        #expect(try await eventually { silent.requests.count >= 60 })
        task.cancel()
        let error = await #expect(throws: ImageError.self) { try await task.value }
        #expect(error?.code == .cancelled)
        let server = try await NginxServer(serving: image.store.directory)
        let origins = try await image.make(from: [server.url])
        #expect(try image.isMade())
        // Sixty were asked for, 32 at a time: those that made room for others had come, and were written.
        #expect(origins.target >= 28 * 65_536 && server.requests.count <= image.stored - 28)
    }
}
