import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import HTTPClient
import Synchronization
import Testing

@testable import FleetServer

/// How a request gets to the API: the same test runs on the handler alone and over live sockets.
enum Way: CaseIterable {
    case handler, unix, tcp
}

/// An answer, however it came.
struct Reply: Sendable {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    func json<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
        try FleetJSON.decode(type, from: Data(body))
    }
    var problem: Problem? { try? json() }
}

struct APIClient: Sendable {
    let send: @Sendable (ServerRequest.Method, String, [String: String], [UInt8]) async throws -> Reply

    func get(_ target: String, headers: [String: String] = [:]) async throws -> Reply {
        try await send(.get, target, headers, [])
    }

    func send(_ method: ServerRequest.Method, _ target: String, _ body: some Encodable) async throws -> Reply {
        try await send(method, target, ["Content-Type": "application/json"], Array(try FleetJSON.encode(body)))
    }
}

/// Gives the body a client of the handler by the given way.
func withClient<Result>(
    _ way: Way, of handler: @escaping RequestHandler, token: String = APIFixture.token,
    _ body: (APIClient) async throws -> Result
) async throws -> Result {
    switch way {
    case .handler:
        return try await body(
            APIClient { method, target, headers, bytes in
                do {
                    let request = try ServerRequest(method, target, headers: headers, body: RequestBody(bytes))
                    return try await Reply(try await handler(request))
                } catch {
                    return try await Reply(Problem(describing: error).response)
                }
            })
    case .unix:
        let directory = try TemporaryDirectory()
        let path = directory.file("api.socket")
        return try await withServer(.unix(path: path), handler: handler) { _ in
            try await body(live(url: "http://localhost", socket: path, token: nil))
        }
    case .tcp:
        return try await withServer(handler: handler) { port in
            try await body(live(url: "http://127.0.0.1:\(port)", socket: nil, token: token))
        }
    }
}

private func live(url: String, socket: String?, token: String?) -> APIClient {
    let client = HTTPClient()
    return APIClient { method, target, headers, bytes in
        var fields = headers.map { ($0.key, $0.value) }
        if let token, headers["Authorization"] == nil { fields.append(("Authorization", "Bearer \(token)")) }
        let response = try await client.send(
            HTTPRequest(
                method: try #require(HTTPMethod(rawValue: method.rawValue)), url: url + target, headers: fields,
                body: bytes.isEmpty ? .none : .bytes(bytes), unixSocket: socket))
        let pairs = zip(response.headers.names.map { $0.lowercased() }, response.headers.values)
        return Reply(
            status: response.status, headers: Dictionary(pairs) { first, _ in first }, body: response.body)
    }
}

extension Reply {
    /// A handler's answer, its body collected.
    init(_ response: ServerResponse) async throws {
        let collected = Mutex<[UInt8]>([])
        switch response.body {
        case .bytes(let bytes): collected.withLock { $0 = bytes }
        case .file(let path, let range):
            let data = [UInt8](try #require(FileManager.default.contents(atPath: path)))
            collected.withLock { $0 = Array(data[Int(range.lowerBound)..<Int(range.upperBound)]) }
        case .stream(let body):
            try await body(ResponseWriter { bytes in collected.withLock { $0 += bytes } })
        }
        status = response.status
        headers = Dictionary(uniqueKeysWithValues: response.headers.map { ($0.key.lowercased(), $0.value) })
        body = collected.withLock { $0 }
    }
}
