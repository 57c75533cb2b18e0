import FleetModel
import FleetTestSupport
import FoundationEssentials
import HTTPClient
import ImageStore
import Signing
import Testing

@testable import FleetServer

@Suite struct ImageListenerTests {
    let fixture: APIFixture
    private let listener: ImageListener
    private static let content = (0..<2_000_000).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 11) }
    private static let digest = SHA256Hasher.digest(of: content)
    private var content: [UInt8] { Self.content }
    private var digest: Digest { Self.digest }

    init() throws {
        fixture = try APIFixture()
        listener = ImageListener(store: fixture.store, images: fixture.images)
        try Data(Self.content).write(to: URL(filePath: fixture.images.path(of: Self.digest)))
    }

    /// A client with the token of a registered host, whose secret is `secret`.
    private func withHost(_ way: Way, _ body: (APIClient, String) async throws -> Void) async throws {
        let token = "\(try await fixture.addHost("ws-1")).secret"
        try await withClient(way, of: listener.handle, token: token) { try await body($0, "Bearer \(token)") }
    }

    @Test(arguments: Way.allCases) func servesAnImageWholeAndInParts(way: Way) async throws {
        try await withHost(way) { client, token in
            func get(_ headers: [String: String]) async throws -> Reply {
                try await client.get(
                    "/images/\(digest)", headers: headers.merging(["Authorization": token]) { first, _ in first })
            }
            let whole = try await get([:])
            #expect(whole.status == 200)
            #expect(whole.body == content)
            #expect(whole.headers["etag"] == "\"\(digest)\"")
            #expect(whole.headers["accept-ranges"] == "bytes")

            let part = try await get(["Range": "bytes=1000000-"])
            #expect(part.status == 206)
            #expect(part.headers["content-range"] == "bytes 1000000-1999999/2000000")
            #expect(part.body == Array(content[1_000_000...]))
            #expect(try await get(["Range": "bytes=10-19"]).body == Array(content[10..<20]))
            #expect(try await get(["Range": "bytes=-5"]).body == Array(content.suffix(5)))

            let past = try await get(["Range": "bytes=2000000-"])
            #expect(past.status == 416)
            #expect(past.headers["content-range"] == "bytes */2000000")
            #expect(try await get(["Range": "bytes=0-", "If-Range": "\"another\""]).status == 200)
            #expect(try await get(["Range": "bytes=0-", "If-Range": "\"\(digest)\""]).status == 206)
            #expect(try await get(["If-None-Match": "\"\(digest)\""]).status == 304)
        }
    }

    @Test func servesNothingElse() async throws {
        try await withHost(.handler) { client, token in
            for target in [
                "/", "/images", "/images/", "/images/..%2F..%2Ffleet.db", "/images/\(digest)/x",
                "/images/\(String(repeating: "0", count: 64))", "/api/v1/hosts", "/metrics",
            ] {
                let reply = try await client.get(target, headers: ["Authorization": token])
                #expect(reply.status == 404, "\(target)")
            }
            #expect(
                try await client.send(.put, "/images/\(digest)", ["Authorization": token], [1]).status == 405)
        }
    }

    @Test func onlyAHostsOwnTokenOpens() async throws {
        let first = try await fixture.addHost("ws-1")
        try await withClient(.handler, of: listener.handle) { client in
            for token in [
                "", "secret", "\(first).wrong", "\(first).", "\(first)", "\(HostID.random()).secret",
                APIFixture.token,
            ] {
                let reply = try await client.get("/images/\(digest)", headers: ["Authorization": "Bearer \(token)"])
                #expect(reply.status == 401, "\(token)")
                #expect(reply.headers["www-authenticate"] == "Bearer")
            }
            let own = ["Authorization": "Bearer \(first).secret"]
            #expect(try await client.get("/images/\(digest)", headers: own).status == 200)
            try await fixture.store.removeHost(first.description, by: "test")
            #expect(try await client.get("/images/\(digest)", headers: own).status == 401)
        }
    }

    @Test func theAgentsStoreFetchesFromIt() async throws {
        let host = try await fixture.addHost("ws-1")
        let name = try #require(ResourceName("raw"))
        let disk = try fixture.directory.sparseFile("disk", bytes: 4 << 20)
        let content = [UInt8](try #require(FileManager.default.contents(atPath: disk)))
        let id = UploadID.random()
        let transfer = try await fixture.uploads.begin(id, at: 0, total: 4 << 20)
        try await fixture.uploads.write(content, to: transfer)
        try await fixture.uploads.end(transfer)
        let template = try await fixture.images.add(TemplateImport(name: name, version: name, upload: id), by: "test")
        try await withServer(handler: listener.handle) { port in
            let store = BaseImageStore(directory: fixture.directory.file("agent"), client: HTTPClient())
            let path = try await store.fetch(
                template.image, from: ImageSource(url: "http://127.0.0.1:\(port)", token: "\(host).secret")
            ) { _ in }
            #expect(FileManager.default.contents(atPath: path) == Data(content))
        }
    }
}

@Suite struct ByteRangeTests {
    @Test(arguments: [
        ("bytes=0-0", ByteRange.part(0..<1)), ("bytes=9-", .part(9..<10)), ("bytes=5-100", .part(5..<10)),
        ("bytes=-3", .part(7..<10)), ("bytes=-30", .part(0..<10)), ("bytes=10-", .unsatisfiable),
        ("bytes=-0", .unsatisfiable), ("bytes=5-4", .whole), ("bytes=0-1,3-4", .whole), ("bytes=", .whole),
        ("bytes=a-b", .whole), ("items=0-1", .whole), ("bytes=-", .whole),
        ("bytes=0-18446744073709551615", .part(0..<10)), ("bytes=99999999999999999999-", .whole),
    ])
    func resolves(header: String, expected: ByteRange) {
        #expect(ByteRange.resolve(header, size: 10) == expected)
    }

    @Test func anEmptyFileHasNoRanges() {
        #expect(ByteRange.resolve("bytes=0-", size: 0) == .unsatisfiable)
        #expect(ByteRange.resolve("bytes=-1", size: 0) == .unsatisfiable)
    }
}
