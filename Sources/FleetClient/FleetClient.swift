import FleetModel
import FleetRuntime
import FoundationEssentials
import HTTPClient

/// The controller's HTTP API in the fleet's own types. Each call is one request, or as many as the pages need.
public struct FleetClient: Sendable {
    public let address: ControllerAddress
    let time: any TimeSource
    private let http: HTTPClient
    private let token: String?

    /// - Parameters:
    ///   - token: sent as bearer token; the API's TCP side wants one.
    ///   - certificateAuthority: a PEM file to trust in place of the system's.
    public init(
        address: ControllerAddress, token: String? = nil, certificateAuthority: String? = nil,
        time: any TimeSource = SystemTimeSource()
    ) {
        self.address = address
        self.token = token
        self.time = time
        http = HTTPClient(certificateAuthority: certificateAuthority)
    }

    /// A place below `/api/v1`.
    struct Path: CustomStringConvertible, Sendable {
        let description: String

        init(_ segments: String..., query: [(String, String?)] = []) { self.init(segments, query: query) }

        init(_ segments: [String], query: [(String, String?)]) {
            let path = segments.map(Self.encoded).joined(separator: "/")
            let pairs = query.compactMap { name, value in value.map { "\(name)=\(Self.encoded($0))" } }
            description = "/api/v1/" + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
        }

        /// All but RFC 3986's unreserved characters, so that no name can lead elsewhere.
        private static func encoded(_ text: String) -> String {
            // A segment of dots alone would climb.
            if text == "." || text == ".." { return text.replacing(".", with: "%2E") }
            var result = ""
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "~"):
                    result.unicodeScalars.append(Unicode.Scalar(byte))
                default:
                    let digits = String(byte, radix: 16, uppercase: true)
                    result += "%" + (digits.count < 2 ? "0" : "") + digits
                }
            }
            return result
        }
    }

    func get<Value: Decodable>(_ path: Path, as type: Value.Type = Value.self) async throws(FleetClientError) -> Value {
        try decode(try await send(request(.get, path)), of: "GET \(path)")
    }

    func send<Value: Decodable>(
        _ method: HTTPMethod, _ path: Path, _ body: (some Encodable & Sendable)?, stallTimeout: Duration? = nil,
        as type: Value.Type = Value.self
    ) async throws(FleetClientError) -> Value {
        var request = request(method, path)
        if let body {
            do {
                request.body = .bytes(Array(try FleetJSON.encode(body)))
            } catch {
                throw .unintelligible(request: "\(method.rawValue) \(path)", reason: "\(error)")
            }
            request.headers.append(("Content-Type", "application/json"))
        }
        if let stallTimeout { request.stallTimeout = stallTimeout }
        return try decode(try await send(request), of: "\(method.rawValue) \(path)")
    }

    /// All items of a collection, page after page, or the first `limit`.
    func collect<Item: Codable & Sendable>(
        _ segments: String..., query: [(String, String?)] = [], limit: Int? = nil, of type: Item.Type = Item.self
    ) async throws(FleetClientError) -> [Item] {
        var items: [Item] = []
        var cursor: String?
        repeat {
            let wanted = min(500, limit.map { $0 - items.count } ?? 500)
            let page = try await get(
                Path(segments, query: query + [("limit", "\(wanted)"), ("cursor", cursor)]), as: Page<Item>.self)
            items += page.items
            // An empty page that promises more would go on for ever.
            cursor = page.items.isEmpty ? nil : page.nextCursor
        } while cursor != nil && items.count < limit ?? .max
        return items
    }

    func request(_ method: HTTPMethod, _ path: Path) -> HTTPRequest {
        var request = HTTPRequest(
            method: method, url: address.base + path.description, headers: [("Accept", "application/json")],
            unixSocket: address.unixSocket, maximumBodyBytes: 64 << 20)
        if let token { request.headers.append(("Authorization", "Bearer \(token)")) }
        return request
    }

    /// - Throws: also for an answer with an error status.
    func send(
        _ request: HTTPRequest, progress: (@Sendable (UInt64) -> Void)? = nil
    ) async throws(FleetClientError) -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try await http.send(request, progress: progress)
        } catch {
            throw failure(error, of: request)
        }
        guard response.isSuccess else { throw refusal(response, of: request) }
        return response
    }

    /// For answers that go on: events.
    func stream(
        _ request: HTTPRequest, onHead: @escaping @Sendable (HTTPResponseHead) throws -> Void,
        sink: @escaping @Sendable ([UInt8]) throws -> Void
    ) async throws(HTTPError) {
        try await http.download(request, onHead: onHead, sink: sink)
    }

    func failure(_ error: HTTPError, of request: HTTPRequest) -> FleetClientError {
        switch error.kind {
        case .cancelled: .cancelled
        case .unreadableBody: .unreadableFile(path: error.operation, reason: error.reason)
        case .tooLarge: .unintelligible(request: error.operation, reason: error.reason)
        case .unreachable, .timedOut, .connectionLost, .security, .invalidRequest, .refusedByReceiver, .failed:
            .unreachable(address, error)
        }
    }

    func refusal(_ response: HTTPResponse, of request: HTTPRequest) -> FleetClientError {
        if let problem = try? FleetJSON.decode(Problem.self, from: Data(response.body)) { return .refused(problem) }
        return .unintelligible(
            request: "\(request.method.rawValue) \(request.url)", reason: "status \(response.status) without a problem")
    }

    private func decode<Value: Decodable>(
        _ response: HTTPResponse, of request: String
    ) throws(FleetClientError) -> Value {
        do {
            return try FleetJSON.decode(Value.self, from: Data(response.body))
        } catch {
            throw .unintelligible(request: request, reason: "\(error)")
        }
    }
}
