import FleetClient
import FleetModel
import FleetTestSupport
import FoundationEssentials
import HTTPClient
import Synchronization
import Testing

@Suite struct FollowEventsTests {
    private static func event(_ id: Int64) -> String {
        let event = EventResource(
            id: id, host: HostID(UUID()), hostName: nil, type: .vmLifecycle, time: FleetClientTests.now,
            receivedAt: FleetClientTests.now, epoch: .random(), seq: UInt64(id), body: .null)
        let json = (try? FleetJSON.encode(event)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        return "id: \(id)\ndata: \(json)\n\n"
    }

    private static let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"

    struct Enough: Error {}

    @Test func aBrokenStreamGoesOnBehindTheLastEvent() async throws {
        let connections = Mutex(0)
        let api = try ScriptedAPI { request, exchange in
            #expect(request.query["host"] == "anna")
            let number = connections.withLock { count in
                count += 1
                return count
            }
            switch number {
            case 1: exchange.write(Self.head + "retry: 10\n\n" + Self.event(5) + Self.event(6) + "id: 7\ndata: cut of")
            case 2: exchange.respond(Problem(status: 503, code: "stopping", title: "Stopping"))
            case 3: break
            default: exchange.write(Self.head + ": heartbeat\n\n" + Self.event(7) + Self.event(8))
            }
            exchange.close()
        }
        let seen = Mutex<[Int64]>([])
        let interruptions = Mutex(0)
        await #expect(throws: Enough.self) {
            try await api.client.followEvents(
                host: "anna", after: 4, onInterruption: { _ in interruptions.withLock { $0 += 1 } },
                onEvent: { event in
                    seen.withLock { $0.append(event.id) }
                    if event.id == 8 { throw Enough() }
                })
        }
        #expect(seen.withLock { $0 } == [5, 6, 7, 8])
        #expect(interruptions.withLock { $0 } == 3)
        #expect(api.server.requests.map { $0.headers["last-event-id"] } == ["4", "6", "6", "6"])
    }

    @Test func aFirstConnectionThatFailsIsNotTriedAgain() async throws {
        let full = Problem(status: 503, code: "too-many-subscribers", title: "Too many event streams")
        let api = try ScriptedAPI { _, exchange in exchange.respond(full) }
        await #expect { try await api.client.followEvents { _ in } } throws: { error in
            guard case .refused(let problem) = error as? FleetClientError else { return false }
            return problem == full
        }
        #expect(api.server.requests.count == 1)
    }

    @Test func cancellingEndsTheStream() async throws {
        let opened = Mutex(false)
        let api = try ScriptedAPI { _, exchange in
            exchange.write(Self.head)
            opened.withLock { $0 = true }
            exchange.waitForClient()
        }
        let client = api.client
        let task = Task { try await client.followEvents { _ in } }
        while !opened.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(1)) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }
}
