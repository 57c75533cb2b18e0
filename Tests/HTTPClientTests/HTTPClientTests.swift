import FleetTestSupport
import FoundationEssentials
import HTTPClient
import Synchronization
import Testing

@Suite struct HTTPClientTests {
    let client = HTTPClient()

    @Test func answersOfEveryStatusAreAnswers() async throws {
        let server = try ScriptedHTTPServer { request, exchange in
            exchange.respond(
                request.path == "/missing" ? 404 : 200, [("X-Kind", "scripted"), ("x-kind", "second")],
                text: "\(request.method) \(request.target)")
        }
        let found = try await client.send(HTTPRequest(url: server.url + "/a?b=c"))
        #expect(found.status == 200)
        #expect(found.isSuccess)
        #expect(found.headers["x-KIND"] == "scripted")
        #expect(String(decoding: found.body, as: UTF8.self) == "GET /a?b=c")
        let missing = try await client.send(HTTPRequest(url: server.url + "/missing"))
        #expect(missing.status == 404)
        #expect(!missing.isSuccess)
    }

    @Test func methodsHeadersAndBodiesArriveAsGiven() async throws {
        let server = try ScriptedHTTPServer { _, exchange in exchange.respond(204) }
        for method in [HTTPMethod.get, .post, .put, .patch, .delete] {
            _ = try await client.send(
                HTTPRequest(
                    method: method, url: server.url + "/x", headers: [("Authorization", "Bearer t"), ("X-Empty", "")],
                    body: .bytes(Array("body of \(method.rawValue)".utf8))))
            let request = try #require(server.requests.last)
            #expect(request.method == method.rawValue)
            #expect(request.bodyText == "body of \(method.rawValue)")
            #expect(request.headers["authorization"] == "Bearer t")
            #expect(request.headers["x-empty"] == "")
        }
        _ = try await client.send(HTTPRequest(method: .post, url: server.url + "/cancel"))
        #expect(server.requests.last?.headers["content-length"] == "0")
        _ = try await client.send(HTTPRequest(method: .delete, url: server.url + "/x"))
        #expect(server.requests.last?.headers["content-length"] == nil)
        #expect(server.connectionCount == 1, "one caller's requests share a connection")
    }

    @Test func partOfAFileIsSentWithProgress() async throws {
        let directory = try TemporaryDirectory()
        let content = Array(repeatElement((0..<30_000).map { UInt8(truncatingIfNeeded: $0 / 7) }, count: 100).joined())
        try Data(content).write(to: URL(filePath: directory.file("image")))
        let server = try ScriptedHTTPServer { _, exchange in exchange.respond(200) }
        let sent = Mutex<[UInt64]>([])
        let request = HTTPRequest(
            method: .put, url: server.url + "/image",
            body: .file(path: directory.file("image"), offset: 500_000, length: 2_000_000))
        let response = try await client.send(request) { bytes in sent.withLock { $0.append(bytes) } }
        #expect(response.status == 200)
        #expect(server.requests.first?.body == Array(content[500_000..<2_500_000]))
        let progress = sent.withLock { $0 }
        #expect(progress.last == 2_000_000)
        #expect(progress == progress.sorted())
    }

    @Test func aUnixSocketTakesTheHostsPlace() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("api.sock")
        let server = try ScriptedHTTPServer(.unixSocket(path)) { request, exchange in
            exchange.respond(200, text: request.headers["host"] ?? "")
        }
        let response = try await client.send(HTTPRequest(url: "http://localhost/hosts", unixSocket: path))
        #expect(String(decoding: response.body, as: UTF8.self) == "localhost")
        #expect(server.requests.map(\.target) == ["/hosts"])
    }

    @Test func redirectsAreSeenNotFollowed() async throws {
        let server = try ScriptedHTTPServer { _, exchange in exchange.respond(302, [("Location", "/elsewhere")]) }
        let response = try await client.send(HTTPRequest(url: server.url + "/"))
        #expect(response.status == 302)
        #expect(server.requests.count == 1)
    }

    @Test func aDownloadArrivesInOrderAfterItsHead() async throws {
        let content = Array(repeatElement((0..<50_000).map { UInt8(truncatingIfNeeded: $0 / 11) }, count: 100).joined())
        let server = try ScriptedHTTPServer { request, exchange in
            #expect(request.headers["range"] == "bytes=100-")
            exchange.respond(206, body: Array(content.dropFirst(100)))
        }
        let seen = Mutex<(status: Int?, bytes: [UInt8])>((nil, []))
        let head = try await client.download(
            HTTPRequest(url: server.url, headers: [("Range", "bytes=100-")]),
            onHead: { head in
                seen.withLock {
                    #expect($0.bytes.isEmpty)
                    $0.status = head.status
                }
            },
            sink: { piece in seen.withLock { $0.bytes += piece } })
        #expect(head.status == 206)
        let result = seen.withLock { $0 }
        #expect(result.status == 206)
        #expect(result.bytes == Array(content.dropFirst(100)))
    }

    @Test func moreCallersThanTransfersAllGetTheirTurn() async throws {
        let server = try ScriptedHTTPServer { request, exchange in exchange.respond(200, text: request.path) }
        let client = HTTPClient(maximumTransfers: 2)
        let bodies = try await withThrowingTaskGroup(of: String.self) { group in
            for index in 0..<20 {
                group.addTask {
                    let response = try await client.send(HTTPRequest(url: "\(server.url)/\(index)"))
                    return String(decoding: response.body, as: UTF8.self)
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(bodies == Set((0..<20).map { "/\($0)" }))
        #expect(server.connectionCount <= 2)
    }
}
