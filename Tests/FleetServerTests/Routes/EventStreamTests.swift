import FleetModel
import FleetRuntime
import FoundationEssentials
import Testing

@testable import FleetServer

/// Server-sent events over live sockets.
@Suite struct EventStreamTests {
    let fixture: APIFixture
    init() throws { fixture = try APIFixture() }

    private static let head = "Host: localhost\r\nAuthorization: Bearer \(APIFixture.token)\r\n"

    /// - Returns: the connection when the server has answered, and the answer's head.
    private func subscribe(
        _ port: UInt16, after id: Int64? = nil, query: String = ""
    ) async throws -> (stream: RawConnection, head: String) {
        let connection = try RawConnection(port: port, receiveBytes: 8 << 10)
        let last = id.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        try await connection.send("GET /api/v1/events/stream\(query) HTTP/1.1\r\n\(Self.head)\(last)\r\n")
        return (connection, try await connection.readHead())
    }

    /// Reads events until `count` have come; chunk borders may lie anywhere.
    private func events(_ connection: RawConnection, _ count: Int) async throws -> [EventResource] {
        var found: [EventResource] = []
        while found.count < count {
            _ = try await connection.read(through: "id: ")
            let id = try await connection.read(through: "\n")
            _ = try await connection.read(through: "data: ")
            let event = try FleetJSON.decode(
                EventResource.self, from: Data(try await connection.read(through: "\n").utf8))
            #expect(id == "\(event.id)\n")
            found.append(event)
        }
        return found
    }

    private func what(_ events: [EventResource]) -> [String?] { events.map { $0.body["what"]?.stringValue } }

    @Test func newEventsArriveAndABrokenStreamGoesOnWhereItWas() async throws {
        let host = try await fixture.addHost("ws-1")
        try await fixture.addEvents(["old"], from: host)
        try await withServer(handler: fixture.api.handle) { port in
            var last: Int64 = 0
            do {
                let (stream, head) = try await subscribe(port)
                #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(head.contains("text/event-stream"))
                _ = try await stream.read(through: "retry: 1000\n\n")
                try await fixture.addEvents(["one", "two"], from: host)
                let seen = try await events(stream, 2)
                #expect(what(seen) == ["one", "two"])
                last = seen[1].id
            }
            try await fixture.addEvents(["three", "four"], from: host)
            let resumed = try await subscribe(port, after: last).stream
            #expect(what(try await events(resumed, 2)) == ["three", "four"])
            let all = try await subscribe(port, after: 0).stream
            #expect(what(try await events(all, 5)) == ["old", "one", "two", "three", "four"])
        }
    }

    @Test func filtersByHostAndType() async throws {
        let mine = try await fixture.addHost("ws-1")
        let other = try await fixture.addHost("ws-2")
        try await withServer(handler: fixture.api.handle) { port in
            let stream = try await subscribe(port, after: 0, query: "?host=ws-1&type=agent.started").stream
            try await fixture.addEvents(["not mine"], from: other)
            try await fixture.addEvents(["mine"], from: mine)
            try await fixture.addEvents(["not mine"], from: other)
            try await fixture.addEvents(["mine too"], from: mine)
            #expect(what(try await events(stream, 2)) == ["mine", "mine too"])
            let nobody = try await subscribe(port, query: "?host=nobody")
            #expect(nobody.head.hasPrefix("HTTP/1.1 404 "))
            let nonsense = try RawConnection(port: port)
            try await nonsense.send("GET /api/v1/events/stream HTTP/1.1\r\n\(Self.head)Last-Event-ID: x\r\n\r\n")
            #expect(try await nonsense.read(through: "}").hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func aHeartbeatComesEvery15Seconds() async throws {
        try await withServer(handler: fixture.api.handle) { port in
            let stream = try await subscribe(port).stream
            _ = try await stream.read(through: "retry: 1000\n\n")
            for _ in 0..<2 {
                while fixture.time.sleeperCount == 0 { await Task.yield() }
                fixture.time.advance(by: EventFeed.heartbeat)
                _ = try await stream.read(through: ": heartbeat\n\n")
            }
        }
    }

    @Test func theSixtyFifthSubscriberIsTurnedAwayUntilOneGoes() async throws {
        try await withServer(handler: fixture.api.handle) { port in
            var streams: [RawConnection] = []
            for _ in 0..<EventFeed.maximumSubscribers {
                let stream = try await subscribe(port).stream
                _ = try await stream.read(through: "retry: 1000\n\n")
                streams.append(stream)
            }
            #expect(try await subscribe(port).head.hasPrefix("HTTP/1.1 503 "))
            streams.removeLast()
            // The server notices with what it writes next: the second write to a connection that is gone fails.
            while fixture.services.feed.subscriberCount == EventFeed.maximumSubscribers {
                fixture.time.advance(by: EventFeed.heartbeat)
                try await Task.sleep(for: .milliseconds(10))
            }
            let next = try await subscribe(port).stream
            _ = try await next.read(through: "retry: 1000\n\n")
        }
        #expect(fixture.services.feed.subscriberCount == 0)
    }

    @Test func aSubscriberThatTakesNothingIsCutOffAndLosesNothing() async throws {
        let host = try await fixture.addHost("ws-1")
        var limits = HTTPServer.Limits()
        limits.idleSeconds = 1
        try await withServer(limits: limits, handler: fixture.api.handle) { port in
            let slow = try await subscribe(port, after: 0).stream
            _ = try await slow.read(through: "retry: 1000\n\n")
            let large = String(repeating: "x", count: 32 << 10)
            let epoch = EpochID.random()
            for index in 0..<400 {
                try await fixture.addEvents(["\(index) \(large)"], from: host, epoch: epoch, first: UInt64(index) + 1)
            }
            while fixture.services.feed.subscriberCount > 0 { try await Task.sleep(for: .milliseconds(10)) }
            // What had been sent is still there to be read; then the stream goes on from the last whole event.
            let sent = String(decoding: try await slow.readToEnd(), as: UTF8.self)
            var seen = sent.matches(of: /id: (\d+)\ndata: [^\n]+\n/).compactMap { Int64($0.1) }
            #expect(seen.count < 400)
            // On a busy machine this reader may be cut off again.
            while seen.count < 400 {
                let resumed = try await subscribe(port, after: seen.last ?? 0).stream
                while seen.count < 400, let next = try? await events(resumed, 1).first { seen.append(next.id) }
            }
            #expect(seen == Array(1...400))
        }
    }
}
