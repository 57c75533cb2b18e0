import FleetModel
import FleetRuntime
import FoundationEssentials
import HTTPClient
import Synchronization

/// Keeps an event stream open: connects, reads, and after a break connects again behind the last event.
struct EventFollower {
    /// The server's heartbeat comes every 15 s; three missing ones are a dead connection.
    private static let silence = Duration.seconds(45)

    let client: FleetClient
    let path: FleetClient.Path
    let onInterruption: @Sendable (FleetClientError) -> Void
    let onEvent: @Sendable (EventResource) throws -> Void
    private var generator = SystemRandomNumberGenerator()

    init(
        client: FleetClient, path: FleetClient.Path, onInterruption: @escaping @Sendable (FleetClientError) -> Void,
        onEvent: @escaping @Sendable (EventResource) throws -> Void
    ) {
        self.client = client
        self.path = path
        self.onInterruption = onInterruption
        self.onEvent = onEvent
    }

    mutating func run(after last: Int64?) async throws {
        let reading = Reading(last: last, onEvent: onEvent)
        var backoff = Backoff(base: .seconds(1), cap: .seconds(15))
        while true {
            let error = try await connect(reading)
            // The first connection tells whether there is anything to follow at all.
            guard reading.hasOpened else { throw error }
            onInterruption(error)
            if reading.takeProgress() { backoff.reset() }
            try await client.time.sleep(for: backoff.next(using: &generator))
        }
    }

    /// - Returns: why the stream ended, when it is worth coming back.
    private func connect(_ reading: Reading) async throws -> FleetClientError {
        var request = client.request(.get, path)
        request.headers = request.headers.filter { $0.0 != "Accept" } + [("Accept", "text/event-stream")]
        if let last = reading.last { request.headers.append(("Last-Event-ID", "\(last)")) }
        request.stallTimeout = Self.silence
        reading.begin()
        do {
            try await client.stream(request, onHead: reading.takeHead, sink: reading.take)
        } catch {
            if error.kind == .cancelled { throw CancellationError() }
            guard let cause = error.underlying else { return client.failure(error, of: request) }
            throw cause
        }
        guard let refusal = reading.refusal else {
            return .unintelligible(request: "GET \(path)", reason: "the controller ended the stream")
        }
        let failure = client.refusal(refusal, of: request)
        // 503: too many followers, or a controller that stops; both pass.
        if refusal.status != 503 { throw failure }
        return failure
    }
}

/// What one stream has brought; used by the transfer's thread, and by the follower between two connections.
private final class Reading: Sendable {
    private struct State {
        var last: Int64?
        var parser = ServerSentEventParser()
        var head: HTTPResponseHead?
        var refusedBody: [UInt8] = []
        var hasOpened = false
        var hasProgressed = false
    }

    private let state: Mutex<State>
    private let onEvent: @Sendable (EventResource) throws -> Void

    init(last: Int64?, onEvent: @escaping @Sendable (EventResource) throws -> Void) {
        state = Mutex(State(last: last))
        self.onEvent = onEvent
    }

    var last: Int64? { state.withLock(\.last) }
    var hasOpened: Bool { state.withLock(\.hasOpened) }

    /// The answer with an error status that came in place of a stream.
    var refusal: HTTPResponse? {
        state.withLock { state in
            guard let head = state.head, !head.isSuccess else { return nil }
            return HTTPResponse(head: head, body: state.refusedBody)
        }
    }

    func begin() {
        state.withLock { state in
            state.parser = ServerSentEventParser()
            state.head = nil
            state.refusedBody = []
        }
    }

    /// Whether an event has come since the last call.
    func takeProgress() -> Bool {
        state.withLock { state in
            defer { state.hasProgressed = false }
            return state.hasProgressed
        }
    }

    @Sendable func takeHead(_ head: HTTPResponseHead) {
        state.withLock { state in
            state.head = head
            if head.isSuccess { state.hasOpened = true }
        }
    }

    @Sendable func take(_ bytes: [UInt8]) throws {
        let events = try state.withLock { state -> [ServerSentEventParser.Event] in
            guard state.head?.isSuccess == true else {
                if state.refusedBody.count < 64 << 10 { state.refusedBody += bytes }
                return []
            }
            return try state.parser.take(bytes)
        }
        for event in events {
            let resource = try FleetJSON.decode(EventResource.self, from: Data(event.data.utf8))
            try onEvent(resource)
            state.withLock { state in
                state.last = event.id.flatMap { Int64($0) } ?? resource.id
                state.hasProgressed = true
            }
        }
    }
}
