import CMicroHTTPD
import FleetModel
import FleetRuntime
import Synchronization

/// The client went away, or the server stopped, before the exchange was over.
struct ClientGone: Error {}

/// libmicrohttpd's side of a request. Valid until it reports the request as completed.
struct ConnectionHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    /// On libmicrohttpd's thread.
    func suspend() { MHD_suspend_connection(pointer) }
    /// On any thread, once per suspension.
    func resume() { MHD_resume_connection(pointer) }
}

/// One request and its answer, between libmicrohttpd's thread and the task that handles it. The connection is
/// suspended whenever the other side has to move first.
final class Exchange: Sendable {
    /// How much of a body is held before the client is made to wait, and how much of a streamed answer.
    static let bufferBytes = 256 << 10
    /// How much of a body nobody wants is read away so that a client that is still sending gets its answer.
    static let discardBytes = 16 << 20

    enum Phase {
        /// The head is here; the body, if any, has not been asked for.
        case head
        case body
        /// The whole request is here.
        case complete
    }

    struct State {
        /// Nil once libmicrohttpd has finished with the request.
        var connection: ConnectionHandle?
        var phase = Phase.head
        var suspended = false
        var aborted = false

        var bodyWanted = false
        var received: [UInt8] = []
        var discarded = 0
        var reader: CheckedContinuation<[UInt8]?, any Error>?

        var answer: Answer?
        var answered = false
        var outgoing: [UInt8] = []
        var outgoingSent = 0
        var streamEnd: StreamEnd?
        var writer: CheckedContinuation<Void, any Error>?

        mutating func suspend() {
            guard !suspended, let connection else { return }
            suspended = true
            connection.suspend()
        }

        mutating func resume() {
            guard suspended, let connection else { return }
            suspended = false
            connection.resume()
        }

        mutating func takeAnswer() -> Answer? {
            guard let answer = answer.take() else { return nil }
            answered = true
            return answer
        }

        var isOver: Bool { aborted || connection == nil }
    }

    enum StreamEnd { case complete, failed }

    let state: Mutex<State>
    private let head: RequestHead

    init(connection: ConnectionHandle, head: RequestHead) {
        state = Mutex(State(connection: connection))
        self.head = head
    }

    /// - Throws: what is wrong with the request's first line.
    func request() throws -> ServerRequest {
        guard let method = ServerRequest.Method(rawValue: head.method) else {
            throw Problem(
                status: 405, code: "method-not-allowed", title: "Method not allowed",
                detail: "this server does not know the method \(head.method.prefix(20))")
        }
        let length = head.declaredLength
        let body = length == 0 ? .empty : RequestBody(declaredLength: length) { [self] in try await nextPiece() }
        return try ServerRequest(
            method, path: head.path, query: head.query, headers: head.headers, body: body, peer: head.peer)
    }

    var isHeadRequest: Bool { head.method == ServerRequest.Method.head.rawValue }

    /// Whether to answer without reading the body: the client waits for "100 Continue", or has too much to send.
    /// libmicrohttpd can do that for these two methods; it closes the connection afterwards.
    var mayRefuseBody: Bool {
        guard head.method == "POST" || head.method == "PUT", head.declaredLength != 0 else { return false }
        return head.headers["expect"] != nil || (head.declaredLength ?? 0) > UInt64(Self.discardBytes)
    }

    /// Holds the connection until the handler asks for the body or answers. On libmicrohttpd's thread.
    func begin() { state.withLock { $0.suspend() } }

    /// libmicrohttpd has finished with the request, well or not. On its thread.
    func completed() { end { $0.connection = nil } }

    /// Cuts the exchange off, so that the server can stop.
    func abort() {
        end { state in
            state.aborted = true
            state.resume()
        }
    }

    private func end(_ change: (inout State) -> Void) {
        let (reader, writer, answer) = state.withLock { state in
            change(&state)
            defer {
                state.reader = nil
                state.writer = nil
                state.answer = nil
                state.outgoing = []
            }
            return (state.reader, state.writer, state.answer)
        }
        reader?.resume(throwing: ClientGone())
        writer?.resume(throwing: ClientGone())
        answer?.destroy()
    }
}
