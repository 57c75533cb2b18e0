import FleetModel
import FoundationEssentials

/// What a handler answers.
public struct ServerResponse: Sendable {
    public enum Body: Sendable {
        case bytes([UInt8])
        /// Part of a file, sent by the kernel.
        case file(path: String, range: Range<UInt64>)
        /// Written while it is sent; the closure runs until it returns, throws, or the client goes away.
        case stream(@Sendable (ResponseWriter) async throws -> Void)
    }

    public var status: Int
    public var headers: [String: String]
    public var body: Body
    /// Why the request was refused, which the body says; nil when it was not.
    public var problem: Problem?

    public init(
        status: Int = 200, headers: [String: String] = [:], body: Body = .bytes([]), problem: Problem? = nil
    ) {
        self.status = status
        self.headers = headers
        self.body = body
        self.problem = problem
    }

    /// A document of the API.
    public static func json(
        _ value: some Encodable, status: Int = 200, headers: [String: String] = [:]
    ) throws -> ServerResponse {
        ServerResponse(
            status: status, headers: headers.merging(["Content-Type": "application/json"]) { given, _ in given },
            body: .bytes(Array(try FleetJSON.encode(value))))
    }

    public static func text(_ text: String, type: String = "text/plain; charset=utf-8") -> ServerResponse {
        ServerResponse(headers: ["Content-Type": type], body: .bytes(Array(text.utf8)))
    }

    public static let noContent = ServerResponse(status: 204)
}

/// Where a streamed body is written. A write returns when there is room for more, so a slow client holds up its own
/// stream and nothing else.
public struct ResponseWriter: Sendable {
    private let send: @Sendable ([UInt8]) async throws -> Void

    public init(_ send: @escaping @Sendable ([UInt8]) async throws -> Void) { self.send = send }

    /// - Throws: when the client has gone, or did not take what it was sent for too long.
    public func write(_ bytes: [UInt8]) async throws { try await send(bytes) }
    public func write(_ text: String) async throws { try await write(Array(text.utf8)) }
}

/// Answers one request. What it throws becomes a `Problem`.
public typealias RequestHandler = @Sendable (ServerRequest) async throws -> ServerResponse
