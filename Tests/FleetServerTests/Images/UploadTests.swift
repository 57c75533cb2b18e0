import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import FleetServer

@Suite struct UploadTests {
    let fixture: APIFixture
    let id = UploadID.random()
    init() throws { fixture = try APIFixture() }

    private static let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 11) }

    private func put(
        _ client: APIClient, _ range: Range<Int>, of total: Int = UploadTests.content.count
    ) async throws -> Reply {
        try await client.send(
            .put, "/api/v1/uploads/\(id)",
            ["Content-Range": "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(total)"], Array(Self.content[range]))
    }

    private func received(_ client: APIClient) async throws -> UInt64 {
        try await client.get("/api/v1/uploads/\(id)").json(UploadResource.self).receivedBytes
    }

    private var stored: [UInt8]? {
        FileManager.default.contents(atPath: fixture.directory.file("uploads/\(id)/data")).map { [UInt8]($0) }
    }

    @Test(arguments: Way.allCases) func piecesThatContinueEachOtherBecomeTheFile(way: Way) async throws {
        try await withClient(way, of: fixture.api.handle) { client in
            #expect(try await client.get("/api/v1/uploads/\(id)").status == 404)
            #expect(try await put(client, 0..<1_000_000).status == 200)
            #expect(try await received(client) == 1_000_000)
            for wrong in [0, 999_999, 1_000_001] {
                let reply = try await put(client, wrong..<2_000_000)
                #expect(reply.status == 409)
                #expect(reply.problem?.code == "upload-offset")
                #expect(reply.headers["upload-offset"] == "1000000")
            }
            let last = try await put(client, 1_000_000..<3_000_000)
            let finished = try last.json(UploadResource.self)
            #expect(finished == UploadResource(id: id, receivedBytes: 3_000_000, totalBytes: 3_000_000))
        }
        #expect(stored == Self.content)
    }

    @Test func aBrokenTransferGoesOnWhereItBroke() async throws {
        try await withServer(handler: fixture.api.handle) { port in
            do {
                let connection = try RawConnection(port: port)
                try await connection.send(
                    """
                    PUT /api/v1/uploads/\(id) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r
                    Authorization: Bearer \(APIFixture.token)\r\nContent-Range: bytes 0-2999999/3000000\r\n\r\n
                    """)
                try await connection.send(Array(Self.content[..<1_234_567]))
            }
            while await fixture.uploads.receivedBytes(of: id) < 1_234_567 {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        try await withClient(.tcp, of: fixture.api.handle) { client in
            let kept = try await received(client)
            #expect(kept == 1_234_567)
            #expect(try await put(client, 1_234_567..<3_000_000).status == 200)
        }
        #expect(stored == Self.content)
    }

    @Test func anUploadSurvivesTheEndOfTheProcess() async throws {
        let first = try await fixture.uploads.begin(id, at: 0, total: 3_000_000)
        try await fixture.uploads.write(Array(Self.content[..<1_000_000]), to: first)
        try await fixture.uploads.end(first)
        let second = try await fixture.uploads.begin(id, at: 1_000_000, total: 3_000_000)
        try await fixture.uploads.write(Array(Self.content[1_000_000..<1_500_000]), to: second)

        // The process dies here: what was not synced does not count, however much of it reached the file.
        let restarted = try UploadStore(directory: fixture.directory.file("uploads"), time: fixture.time)
        try await restarted.sweep()
        #expect(try await restarted.status(of: id).receivedBytes == 1_000_000)
        let third = try await restarted.begin(id, at: 1_000_000, total: 3_000_000)
        try await restarted.write(Array(Self.content[1_000_000...]), to: third)
        try await restarted.end(third)
        #expect(stored == Self.content)
        #expect(try await restarted.finished(id).digest == nil)
    }

    @Test func aSecondTransferTakesOver() async throws {
        let first = try await fixture.uploads.begin(id, at: 0, total: 3_000_000)
        try await fixture.uploads.write(Array(Self.content[..<1_000_000]), to: first)
        let second = try await fixture.uploads.begin(id, at: 1_000_000, total: 3_000_000)
        let refused = await #expect(throws: Problem.self) {
            try await fixture.uploads.write(Array(Self.content[..<10]), to: first)
        }
        #expect(refused?.code == "upload-taken-over")
        try await fixture.uploads.end(first)
        try await fixture.uploads.write(Array(Self.content[1_000_000...]), to: second)
        try await fixture.uploads.end(second)
        #expect(stored == Self.content)
    }

    @Test func transfersAtTheSameTimeNeverMixTheirBytes() async throws {
        try await withClient(.tcp, of: fixture.api.handle) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        // Each goes on wherever the upload is, as a client does after a 409.
                        while true {
                            let start = (try? await received(client)).map(Int.init) ?? 0
                            if start == Self.content.count { return }
                            let reply = try await put(client, start..<min(start + 200_000, Self.content.count))
                            #expect([200, 409].contains(reply.status), "\(reply.text)")
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        #expect(stored == Self.content)
    }

    @Test func whatCannotBeRightIsRefused() async throws {
        try await withClient(.handler, of: fixture.api.handle) { client in
            for range in ["", "bytes 0-9", "bytes 0-9/*", "bytes 5-4/10", "bytes 0-10/10", "items 0-9/10"] {
                let reply = try await client.send(
                    .put, "/api/v1/uploads/\(id)", ["Content-Range": range], [UInt8](repeating: 0, count: 10))
                #expect(reply.status == 400, "\(range)")
            }
            let short = try await client.send(
                .put, "/api/v1/uploads/\(id)", ["Content-Range": "bytes 0-9/10"], [UInt8](repeating: 0, count: 9))
            #expect(short.status == 400)
            #expect(try await client.get("/api/v1/uploads/\(id)").status == 404)
            #expect(try await put(client, 0..<10, of: 20).status == 200)
            #expect(try await put(client, 10..<20, of: 21).problem?.code == "upload-size")
        }
    }

    @Test func tooLargeAndNoRoomAreSaidBeforeAByteIsTaken() async throws {
        var limits = UploadStore.Limits()
        limits.bytes = 1 << 20
        limits.reserveBytes = 0
        let small = try APIFixture(uploadLimits: limits)
        try await withClient(.tcp, of: small.api.handle) { client in
            let reply = try await put(client, 0..<3_000_000)
            #expect(reply.problem?.code == "too-large")
        }
        limits.reserveBytes = 1 << 60
        let full = try APIFixture(uploadLimits: limits)
        try await withClient(.handler, of: full.api.handle) { client in
            let reply = try await put(client, 0..<1000, of: 1000)
            #expect(reply.status == 507)
            #expect(reply.problem?.detail?.contains("must stay free") == true)
        }
    }

    @Test func whatWasNeverFinishedIsRemovedAfterAWeek() async throws {
        let transfer = try await fixture.uploads.begin(id, at: 0, total: 100)
        try await fixture.uploads.end(transfer)
        let restarted = try UploadStore(directory: fixture.directory.file("uploads"), time: fixture.time)
        fixture.time.advance(by: .seconds(8 * 86400))
        try await restarted.sweep()
        await #expect(throws: Problem.self) { try await restarted.status(of: id) }
    }
}

extension UploadStore {
    fileprivate func receivedBytes(of upload: UploadID) -> UInt64 { (try? status(of: upload).receivedBytes) ?? 0 }
}
