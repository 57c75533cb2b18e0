import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials
import Synchronization

/// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). A subscriber holds a position
/// and reads on from the store whenever something new is committed, so nothing is queued for it: a slow one falls
/// behind in its own reading, and one that takes nothing at all is cut off by the server and resumes where it was.
final class EventFeed: Sendable {
    static let maximumSubscribers = 64
    static let heartbeat = Duration.seconds(15)
    private static let pageSize = 256

    private let store: FleetStore
    private let time: any TimeSource
    private let subscribers = Mutex(0)

    init(store: FleetStore, time: any TimeSource) {
        self.store = store
        self.time = time
    }

    var subscriberCount: Int { subscribers.withLock { $0 } }

    /// A stream of what is committed after `start`.
    /// - Throws: a 503 `Problem` when there are too many subscribers.
    func stream(after start: Int64, host: String?, type: EventType?) throws(Problem) -> ServerResponse {
        guard let place = takePlace() else {
            throw Problem(
                status: 503, code: "too-many-subscribers", title: "Too many event streams",
                detail: "\(Self.maximumSubscribers) are open; close one, or read /api/v1/events instead")
        }
        return ServerResponse(
            headers: ["Content-Type": "text/event-stream", "Cache-Control": "no-store"],
            body: .stream { [self] writer in
                defer { withExtendedLifetime(place) {} }
                try await follow(from: start, host: host, type: type, to: writer)
            })
    }

    private func follow(from start: Int64, host: String?, type: EventType?, to writer: ResponseWriter) async throws {
        let bell = store.commitNotifications()
        var position = start
        // Says at once that the stream is open, and how soon to come back when it breaks.
        try await writer.write("retry: 1000\n\n")
        while true {
            let newest = try await store.newestCommit()
            let events = try await store.events(after: position, host: host, type: type, limit: Self.pageSize)
            if !events.isEmpty { try await writer.write(try Self.render(events)) }
            if events.count == Self.pageSize {
                position = events[events.count - 1].id
                continue
            }
            // What the filter passed over need not be looked at again.
            position = max(newest, events.last?.id ?? position)
            if try await !rings(bell) { try await writer.write(": heartbeat\n\n") }
        }
    }

    /// - Returns: false when the heartbeat is due first.
    private func rings(_ bell: Mailbox<Int64>) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                guard await bell.next() != nil else { throw CancellationError() }
                return true
            }
            group.addTask { [time] in
                try await time.sleep(for: Self.heartbeat)
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }

    private static func render(_ events: [EventResource]) throws -> [UInt8] {
        try events.reduce(into: []) { bytes, event in
            bytes += "id: \(event.id)\ndata: ".utf8
            bytes += Array(try FleetJSON.encode(event))
            bytes += "\n\n".utf8
        }
    }

    private func takePlace() -> Place? {
        let taken = subscribers.withLock { count in
            if count >= Self.maximumSubscribers { return false }
            count += 1
            return true
        }
        return taken ? Place(feed: self) : nil
    }

    /// One subscriber's place, given back with the value: also when its stream never began.
    private final class Place: Sendable {
        private let feed: EventFeed
        init(feed: EventFeed) { self.feed = feed }
        deinit { feed.subscribers.withLock { $0 -= 1 } }
    }
}
