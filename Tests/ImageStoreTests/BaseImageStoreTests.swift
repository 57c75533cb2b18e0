import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Glibc
import HTTPClient
import ImageStore
import Signing
import Synchronization
import Testing

@Suite struct BaseImageStoreTests {
    @Test(arguments: ImageReference.Format.allCases)
    func fetchesOnceIntoAReadOnlyFile(format: ImageReference.Format) async throws {
        let fixture = try await ImageFixture(format: format)
        let seen = Mutex<[ImageProgress]>([])
        #expect(await fixture.store.image(fixture.reference) == nil)
        #expect(await fixture.bytesToFetch() == fixture.reference.sizeBytes)

        let path = try await fixture.fetch { progress in seen.withLock { $0.append(progress) } }

        #expect(path == fixture.path)
        #expect(try [UInt8](Data(contentsOf: URL(filePath: path))) == fixture.bytes)
        var information = stat()
        stat(path, &information)
        #expect(information.st_mode & 0o777 == 0o444)
        #expect(seen.withLock(\.last)?.receivedBytes == fixture.reference.sizeBytes)
        #expect(await fixture.store.image(fixture.reference) == path)
        #expect(await fixture.bytesToFetch() == 0)
        #expect(try await fixture.fetch() == path)
        #expect(fixture.server.requests.map(\.target) == ["/images/\(fixture.reference.digest)"])
        #expect(try DurableFile.entries(of: fixture.directory.file("images")) == ["\(fixture.reference.digest)"])
    }

    /// Not even root, whose QEMU a mistake with virsh could start on it.
    @Test func nobodyWritesToAnImageByMistake() async throws {
        let fixture = try await ImageFixture()
        let path = try await fixture.fetch()
        #expect(open(path, O_RDWR | O_CLOEXEC) == -1)
        // An agent that died in between left it without: the next job makes up for that.
        DurableFile.setImmutable(path, false)
        try await fixture.fetch()
        #expect(open(path, O_WRONLY | O_CLOEXEC) == -1)
        #expect(try [UInt8](Data(contentsOf: URL(filePath: path))) == fixture.bytes)
    }

    @Test func concurrentJobsFetchOnce() async throws {
        let fixture = try await ImageFixture()
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<8 { group.addTask { try await fixture.fetch() } }
            for try await path in group { #expect(path == fixture.path) }
        }
        #expect(fixture.server.requests.count == 1)
    }

    @Test func goesOnWhereABrokenTransferStopped() async throws {
        let broken = Mutex(false)
        let fixture = try await ImageFixture { bytes, request, exchange in
            let first = broken.withLock { broken in
                defer { broken = true }
                return !broken
            }
            guard first else { return ImageFixture.serve(bytes, request, exchange) }
            exchange.write(
                "HTTP/1.1 206 OK\r\nContent-Range: bytes 0-\(bytes.count - 1)/\(bytes.count)\r\n"
                    + "Content-Length: \(bytes.count)\r\n\r\n")
            exchange.write(Array(bytes[..<1_000_000]))
            exchange.close()
        }
        let error = await #expect(throws: ImageError.self) { try await fixture.fetch() }
        #expect(error?.code == .unreachable)
        #expect(error?.isTransient == true)
        let kept = DurableFile.size(fixture.part) ?? 0
        #expect(kept > 0 && kept <= 1_000_000)

        try await fixture.fetch()
        #expect(fixture.server.requests.last?.headers["range"] == "bytes=\(kept)-")
        #expect(try [UInt8](Data(contentsOf: URL(filePath: fixture.path))) == fixture.bytes)
    }

    @Test func aCompletePartNeedsNoTransfer() async throws {
        let fixture = try await ImageFixture()
        try fixture.writePart(fixture.bytes)
        #expect(try await fixture.fetch() == fixture.path)
        #expect(fixture.server.requests.isEmpty)
    }

    @Test func aDamagedPartIsFetchedAgainFromTheStart() async throws {
        let fixture = try await ImageFixture()
        try fixture.writePart([UInt8](repeating: 0, count: 500_000))
        try await fixture.fetch()
        #expect(fixture.server.requests.map { $0.headers["range"] } == ["bytes=500000-", "bytes=0-"])
        #expect(try [UInt8](Data(contentsOf: URL(filePath: fixture.path))) == fixture.bytes)
    }

    @Test func aServerWithoutRangesStartsOver() async throws {
        let fixture = try await ImageFixture { bytes, _, exchange in exchange.respond(200, body: bytes) }
        try fixture.writePart(fixture.bytes[..<500_000])
        try await fixture.fetch()
        #expect(try [UInt8](Data(contentsOf: URL(filePath: fixture.path))) == fixture.bytes)
    }

    @Test func wrongContentNeverBecomesAnImage() async throws {
        let fixture = try await ImageFixture(change: { bytes, _ in bytes[1_000_000] ^= 1 })
        let error = await #expect(throws: ImageError.self) { try await fixture.fetch() }
        #expect(error?.code == .wrongDigest)
        #expect(try DurableFile.entries(of: fixture.directory.file("images")) == [])
        #expect(await fixture.store.image(fixture.reference) == nil)
    }

    @Test func anotherLengthIsRefusedBeforeTheContent() async throws {
        let fixture = try await ImageFixture(change: { bytes, _ in bytes.removeLast(70_000) })
        let error = await #expect(throws: ImageError.self) { try await fixture.fetch() }
        #expect(error?.code == .wrongSize)
        #expect(await fixture.store.image(fixture.reference) == nil)
    }

    @Test func anImageThatWasCutOffBeforeItsImportIsDamaged() async throws {
        let fixture = try await ImageFixture(change: { bytes, reference in
            bytes.removeLast(1 << 20)
            reference = ImageFixture.reference(to: bytes, format: .qcow2)
        })
        let error = await #expect(throws: ImageError.self) { try await fixture.fetch() }
        #expect(error?.code == .unusable)
        #expect(try DurableFile.entries(of: fixture.directory.file("images")) == [])
    }

    @Test func anotherVirtualSizeThanPromisedIsRefused() async throws {
        let fixture = try await ImageFixture(change: { _, reference in reference.virtualSizeBytes += 512 })
        let error = await #expect(throws: ImageError.self) { try await fixture.fetch() }
        #expect(error?.code == .unusable)
        #expect(try DurableFile.entries(of: fixture.directory.file("images")) == [])
    }

    @Test(arguments: [(401, ImageError.Code.refused), (404, .refused), (503, .unreachable)])
    func otherAnswersAreErrors(status: Int, code: ImageError.Code) async throws {
        let fixture = try await ImageFixture { _, _, exchange in exchange.respond(status) }
        let error = await #expect(throws: ImageError.self) { try await fixture.fetch() }
        #expect(error?.code == code)
    }

    @Test func tooLittleSpaceIsNoticedBeforeTheTransfer() async throws {
        let fixture = try await ImageFixture(change: { _, reference in reference.sizeBytes = 1 << 60 })
        let error = await #expect(throws: ImageError.self) { try await fixture.fetch() }
        #expect(error?.code == .noSpace)
        #expect(fixture.server.requests.isEmpty)
    }

    @Test func aCancelledFetchLeavesTheTurnToTheNext() async throws {
        let held = Mailbox<HTTPExchange>(capacity: 1)
        let holding = Mutex(true)
        let fixture = try await ImageFixture { bytes, request, exchange in
            let first = holding.withLock { holding in
                defer { holding = false }
                return holding
            }
            if first {
                held.send(exchange)
                exchange.waitForClient()
            } else {
                ImageFixture.serve(bytes, request, exchange)
            }
        }
        let first = Task { try await fixture.fetch() }
        _ = await held.next()
        let second = Task { try await fixture.fetch() }
        first.cancel()
        let error = await #expect(throws: ImageError.self) { try await first.value }
        #expect(error?.code == .cancelled)
        #expect(try await second.value == fixture.path)
    }
}
