import FleetTestSupport
import FoundationEssentials
import HTTPClient
import Synchronization
import Testing

@Suite struct HTTPFailureTests {
    let client = HTTPClient(maximumTransfers: 1)

    private func failure(_ request: HTTPRequest) async -> HTTPError? {
        do throws(HTTPError) {
            _ = try await client.send(request)
            return nil
        } catch {
            return error
        }
    }

    @Test func anAbsentServerIsUnreachable() async throws {
        let directory = try TemporaryDirectory()
        let socket = directory.file("no.sock")
        let missing = try #require(await failure(HTTPRequest(url: "http://localhost/", unixSocket: socket)))
        #expect(missing.kind == .unreachable)
        #expect(missing.description.contains("GET http://localhost/ over \(socket)"))
        #expect(missing.reason == "cannot connect to \(socket): No such file or directory")
        #expect(missing.description.contains("check that the server runs"))

        var port: UInt16 = 0
        do { port = try ScriptedHTTPServer { _, _ in }.port }
        // The listener's thread closes its socket after the server is gone.
        var refused = await failure(HTTPRequest(url: "http://127.0.0.1:\(port)/"))
        while refused?.kind == .connectionLost {
            refused = await failure(HTTPRequest(url: "http://127.0.0.1:\(port)/"))
        }
        #expect(refused?.kind == .unreachable)
    }

    @Test func whatCannotBeSentIsRefused() async {
        for url in ["file:///etc/passwd", "ftp://localhost/", "http://", ":"] {
            let error = await failure(HTTPRequest(url: url))
            #expect(error?.kind == .invalidRequest, "\(url): \(String(describing: error))")
        }
        let smuggled = HTTPRequest(url: "http://localhost/", headers: [("X", "a\r\nHost: other")])
        #expect(await failure(smuggled)?.kind == .invalidRequest)
        let unreadable = HTTPRequest(
            method: .put, url: "http://localhost/", body: .file(path: "/nonexistent", offset: 0, length: 1))
        #expect(await failure(unreadable)?.kind == .unreadableBody)
    }

    @Test func aFileThatShrinksIsNoticed() async throws {
        let directory = try TemporaryDirectory()
        try Data("short".utf8).write(to: URL(filePath: directory.file("image")))
        let server = try ScriptedHTTPServer { _, exchange in exchange.respond(200) }
        let error = await failure(
            HTTPRequest(
                method: .put, url: server.url, body: .file(path: directory.file("image"), offset: 0, length: 4096)))
        #expect(error?.kind == .unreadableBody)
        #expect(error?.reason.contains("ends before byte 4096") == true)
    }

    @Test func anAnswerThatEndsEarlyIsAnError() async throws {
        let server = try ScriptedHTTPServer { request, exchange in
            if request.path == "/half" { exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") }
            exchange.close()
        }
        #expect(await failure(HTTPRequest(url: server.url + "/half"))?.kind == .connectionLost)
        #expect(await failure(HTTPRequest(url: server.url + "/nothing"))?.kind == .connectionLost)
    }

    @Test func aLongAnswerIsCutOff() async throws {
        let server = try ScriptedHTTPServer { request, exchange in
            exchange.respond(200, body: [UInt8](repeating: 1, count: request.path == "/fits" ? 1000 : 1001))
        }
        var request = HTTPRequest(url: server.url + "/fits", maximumBodyBytes: 1000)
        #expect(await failure(request) == nil)
        request.url = server.url
        #expect(await failure(request)?.kind == .tooLarge)
    }

    @Test func aSinkThatThrowsEndsTheDownload() async throws {
        struct Full: Error {}
        let server = try ScriptedHTTPServer { _, exchange in exchange.respond(200, text: "data") }
        await #expect {
            try await client.download(HTTPRequest(url: server.url), sink: { _ in throw Full() })
        } throws: { error in
            let error = error as? HTTPError
            return error?.kind == .refusedByReceiver && error?.underlying is Full
        }
        await #expect {
            try await client.download(
                HTTPRequest(url: server.url), onHead: { _ in throw Full() },
                sink: { _ in Issue.record("the body of a refused head") })
        } throws: { ($0 as? HTTPError)?.underlying is Full }
        // The worker is free for the next.
        #expect(await failure(HTTPRequest(url: server.url)) == nil)
    }

    @Test func aSilentServerTimesOut() async throws {
        let server = try ScriptedHTTPServer { _, exchange in exchange.waitForClient() }
        #expect(await failure(HTTPRequest(url: server.url, stallTimeout: .seconds(1)))?.kind == .timedOut)
    }

    @Test func cancellingEndsTheTransferAndThoseThatWait() async throws {
        let arrived = Mutex(false)
        let server = try ScriptedHTTPServer { _, exchange in
            arrived.withLock { $0 = true }
            exchange.waitForClient()
        }
        let url = server.url
        let running = Task { [client] in try await client.send(HTTPRequest(url: url)) }
        while !arrived.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
        let waiting = Task { [client] in try await client.send(HTTPRequest(url: url)) }
        waiting.cancel()
        await #expect { try await waiting.value } throws: { ($0 as? HTTPError)?.kind == .cancelled }
        running.cancel()
        await #expect { try await running.value } throws: { ($0 as? HTTPError)?.kind == .cancelled }
        #expect(server.requests.count == 1)
    }
}
