import FleetModel
import FleetRuntime
import FleetTestSupport
import Glibc
import Synchronization
import Testing

@testable import FleetServer

/// The server itself, with handlers of the tests' own, over live sockets.
@Suite struct HTTPServerTests {
    @Test func answersRequestAfterRequestOnOneConnection() async throws {
        let echo: RequestHandler = { request in
            let body = try await request.body.collect(limit: 100)
            return .text(
                "\(request.method.rawValue) \(request.segments) \(request.query["q"] ?? "-") \(String(decoding: body, as: UTF8.self))\n"
            )
        }
        try await withServer(handler: echo) { port in
            let connection = try RawConnection(port: port)
            try await connection.send("GET /a%2Fb/c?q=1%202 HTTP/1.1\r\nHost: x\r\n\r\n")
            let first = try await connection.read(through: "1 2 \n")
            #expect(first.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(first.hasSuffix("GET [\"a/b\", \"c\"] 1 2 \n"))
            try await connection.send("POST /d HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello")
            #expect(try await connection.read(through: "hello\n").hasSuffix("POST [\"d\"] - hello\n"))
            try await connection.send(
                "PUT /e HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
            #expect(try await connection.read(through: "abcde\n").hasSuffix("PUT [\"e\"] - abcde\n"))
            try await connection.send("DELETE /f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let last = String(decoding: try await connection.readToEnd(), as: UTF8.self)
            #expect(last.hasSuffix("DELETE [\"f\"] - \n"))
        }
    }

    @Test(arguments: ["GET /%zz HTTP/1.1", "GET /%00 HTTP/1.1", "GET /%ff HTTP/1.1", "GET /?a=%4 HTTP/1.1"])
    func malformedEscapesAreProblems(line: String) async throws {
        try await withServer(handler: { _ in .noContent }) { port in
            let connection = try RawConnection(port: port)
            try await connection.send("\(line)\r\nHost: x\r\n\r\n")
            let answer = try await connection.read(through: "}")
            #expect(answer.hasPrefix("HTTP/1.1 400 "))
            #expect(answer.contains("application/problem+json"))
            #expect(answer.contains("/problems/bad-escape"))
        }
    }

    @Test func garbageIsAnsweredByClosing() async throws {
        try await withServer(handler: { _ in .text("fine") }) { port in
            let garbage = try RawConnection(port: port)
            try await garbage.send("\u{16}\u{03}\u{01}garbage\r\n\r\n")
            _ = try await garbage.readToEnd()
            let longHead = try RawConnection(port: port)
            try await longHead.send(
                "GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "x", count: 100_000))\r\n\r\n")
            #expect(String(decoding: try await longHead.readToEnd(), as: UTF8.self).hasPrefix("HTTP/1.1 4"))
            let unknown = try RawConnection(port: port)
            try await unknown.send("BREW / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await unknown.read(through: "}").hasPrefix("HTTP/1.1 405 "))
            let next = try RawConnection(port: port)
            try await next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await next.read(through: "fine").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func aTooLargeBodyIsRefusedWhetherItWaitsOrNot() async throws {
        let limited: RequestHandler = { request in
            _ = try await request.body.collect(limit: 1 << 20)
            return .noContent
        }
        try await withServer(handler: limited) { port in
            // Asks first: refused before a byte of the body is sent.
            let polite = try RawConnection(port: port)
            try await polite.send(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\nExpect: 100-continue\r\n\r\n")
            #expect(try await polite.read(through: "}").hasPrefix("HTTP/1.1 413 "))
            // Sends regardless: all is taken and thrown away, and the answer arrives.
            let blunt = try RawConnection(port: port)
            try await blunt.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n")
            try await blunt.send([UInt8](repeating: 0x20, count: 10_485_760))
            #expect(try await blunt.read(through: "}").hasPrefix("HTTP/1.1 413 "))
            // Does not say how much: refused when it has become too much.
            let vague = try RawConnection(port: port)
            try await vague.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
            for _ in 0..<40 {
                try await vague.send("10000\r\n")
                try await vague.send([UInt8](repeating: 0x20, count: 0x10000))
                try await vague.send("\r\n")
            }
            try await vague.send("0\r\n\r\n")
            #expect(try await vague.read(through: "}").hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func aBodyIsTakenOnlyAsFastAsItIsRead() async throws {
        let gate = Mailbox<Void>(capacity: 1)
        let handler: RequestHandler = { request in
            var total = try await request.body.next()?.count ?? 0
            var largest = 0
            _ = await gate.next()
            while let piece = try await request.body.next() {
                total += piece.count
                largest = max(largest, piece.count)
            }
            return .text("\(total) \(largest)\n")
        }
        try await withServer(handler: handler) { port in
            let connection = try RawConnection(port: port)
            try await connection.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 33554432\r\n\r\n")
            let sending = Task { try await connection.send([UInt8](repeating: 7, count: 32 << 20)) }
            gate.send(())
            try await sending.value
            _ = try await connection.read(through: "\r\n\r\n")
            let numbers = try await connection.read(through: "\n").split(separator: " ")
            #expect(numbers.first.flatMap { Int($0) } == 32 << 20)
            let largest = try #require(numbers.last.flatMap { Int($0.dropLast()) })
            #expect(largest <= Exchange.bufferBytes + 64 << 10)
        }
    }

    @Test func theHandlerLearnsThatItsClientWentAway() async throws {
        let seen = Mailbox<Bool>(capacity: 1)
        let handler: RequestHandler = { request in
            do {
                while try await request.body.next() != nil {}
                seen.send(false)
            } catch is ClientGone {
                seen.send(true)
            }
            return .noContent
        }
        try await withServer(handler: handler) { port in
            do {
                let connection = try RawConnection(port: port)
                try await connection.send("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
            }
            #expect(await seen.next() == true)
        }
    }

    @Test func aStreamWaitsForItsClientAndEndsWithIt() async throws {
        let written = Mutex(0)
        let ended = Mailbox<Bool>(capacity: 1)
        let handler: RequestHandler = { _ in
            ServerResponse(
                body: .stream { writer in
                    defer { ended.send(true) }
                    while true {
                        try await writer.write([UInt8](repeating: 0x41, count: 64 << 10))
                        written.withLock { $0 += 64 << 10 }
                    }
                })
        }
        var limits = HTTPServer.Limits()
        limits.idleSeconds = 1
        try await withServer(limits: limits, handler: handler) { port in
            let connection = try RawConnection(port: port, receiveBytes: 8 << 10)
            try await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await connection.read(through: "\r\n\r\n").contains("chunked"))
            // Takes nothing more: cut off, having been given no more than the buffers hold.
            #expect(await ended.next() == true)
            #expect(written.withLock { $0 } < 16 << 20)
        }
    }

    @Test func aFailedStreamIsSeenAsCutOff() async throws {
        let handler: RequestHandler = { _ in
            ServerResponse(
                body: .stream { writer in
                    try await writer.write("first")
                    throw ClientGone()
                })
        }
        try await withServer(handler: handler) { port in
            let connection = try RawConnection(port: port)
            try await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let all = String(decoding: try await connection.readToEnd(), as: UTF8.self)
            #expect(all.contains("first"))
            #expect(!all.hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func headIsAnsweredWithoutABody() async throws {
        let handler: RequestHandler = { request in
            request.segments == ["stream"]
                ? ServerResponse(body: .stream { try await $0.write("never") }) : .text("twelve bytes")
        }
        try await withServer(handler: handler) { port in
            let connection = try RawConnection(port: port)
            try await connection.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await connection.read(through: "\r\n\r\n").contains("Content-Length: 12"))
            try await connection.send("HEAD /stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(!String(decoding: try await connection.readToEnd(), as: UTF8.self).contains("never"))
        }
    }

    @Test func whatAHandlerThrowsStaysInside() async throws {
        struct Secret: Error { let text = "the password is hunter2" }
        let metrics = MetricsRegistry()
        try await withServer(metrics: metrics, handler: { _ in throw Secret() }) { port in
            let connection = try RawConnection(port: port)
            try await connection.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            let answer = try await connection.read(through: "}")
            #expect(answer.hasPrefix("HTTP/1.1 500 "))
            #expect(!answer.contains("hunter2"))
        }
        #expect(metrics.text().contains("virtfleet_http_requests_total{server=\"test\",status=\"500\"} 1"))
    }

    @Test func pastItsConnectionsTheServerGoesOn() async throws {
        var limits = HTTPServer.Limits()
        limits.connections = 4
        limits.idleSeconds = 1
        try await withServer(limits: limits, handler: { _ in .text("fine") }) { port in
            // Slow clients that never finish their heads take all the places, until they have been idle too long.
            var idle: [RawConnection] = []
            for _ in 0..<4 {
                let connection = try RawConnection(port: port)
                try await connection.send("GET / HTTP/1.1\r\n")
                idle.append(connection)
            }
            for connection in idle { _ = try await connection.readToEnd() }
            let next = try RawConnection(port: port)
            try await next.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await next.read(through: "fine").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func stopsCleanlyWithEverythingOpen() async throws {
        let directory = try TemporaryDirectory()
        let path = try directory.sparseFile("large", bytes: 1 << 30)
        let handler: RequestHandler = { request in
            switch request.segments {
            case ["download"]: ServerResponse(body: .file(path: path, range: 0..<(1 << 30)))
            case ["stream"]:
                ServerResponse(
                    body: .stream { writer in
                        try await writer.write("open\n")
                        try await Task.sleep(for: .seconds(3600))
                    })
            case ["think"]: try await think()
            default: .text(String(try await request.body.collect(limit: 1000).count))
            }
        }
        @Sendable func think() async throws -> ServerResponse {
            try await Task.sleep(for: .seconds(3600))
            return .noContent
        }
        let connections = try await withServer(handler: handler) { port in
            var connections: [RawConnection] = []
            for path in ["download", "stream", "think"] {
                let connection = try RawConnection(port: port)
                try await connection.send("GET /\(path) HTTP/1.1\r\nHost: x\r\n\r\n")
                if path != "think" { _ = try await connection.read(through: "\r\n\r\n") }
                connections.append(connection)
            }
            let upload = try RawConnection(port: port)
            try await upload.send("PUT /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
            connections.append(upload)
            connections.append(try RawConnection(port: port))
            return connections
        }
        // The server has stopped; every connection is over.
        for connection in connections { _ = try await connection.readToEnd() }
    }
}

extension TemporaryDirectory {
    /// A file of zeros that takes no space.
    func sparseFile(_ name: String, bytes: Int) throws -> String {
        let path = file(name)
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o644)
        defer { close(descriptor) }
        try #require(ftruncate(descriptor, bytes) == 0)
        return path
    }
}
