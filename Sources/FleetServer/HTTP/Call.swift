import FleetModel
import FleetStore
import FoundationEssentials

/// One request as a route sees it: with the path's parameters and the parts of the controller.
struct Call: Sendable {
    static let maximumBodyBytes = 1 << 20
    static let pageLimits = 1...1000

    let request: ServerRequest
    let parameters: [String: String]
    let services: APIServices

    /// A parameter of the path; the router matched it.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    func parameter<Value: TextIdentifier>(_ name: String, as type: Value.Type) throws(Problem) -> Value {
        try Self.parse(parameter(name), "'\(name)' in the path", as: type)
    }

    func query<Value: TextIdentifier>(_ name: String, as type: Value.Type) throws(Problem) -> Value? {
        guard let text = request.query[name] else { return nil }
        return try Self.parse(text, "?\(name)=", as: type)
    }

    func query(_ name: String) -> String? { request.query[name] }

    func date(_ name: String) throws(Problem) -> Date? {
        guard let text = request.query[name] else { return nil }
        guard let date = FleetJSON.date(text) else {
            throw .invalid(
                "?\(name)= must be an RFC 3339 UTC time such as 2026-01-31T12:00:00Z, not '\(text.prefix(40))'")
        }
        return date
    }

    func limit() throws(Problem) -> Int {
        guard let text = request.query["limit"] else { return 100 }
        guard let limit = Int(text), Self.pageLimits.contains(limit) else {
            throw .invalid(
                "?limit= must be a number from \(Self.pageLimits.lowerBound) to \(Self.pageLimits.upperBound)")
        }
        return limit
    }

    /// The request's document.
    func body<Value: Decodable>(as type: Value.Type) async throws -> Value {
        let bytes = try await request.body.collect(limit: Self.maximumBodyBytes)
        return try FleetJSON.decode(type, from: Data(bytes))
    }

    /// Who asks.
    var author: Author { Author(request.peer) }

    private static func parse<Value: TextIdentifier>(
        _ text: String, _ place: String, as type: Value.Type
    ) throws(Problem) -> Value {
        guard let value = Value(text) else {
            throw .invalid("\(place) must be \(Value.expectation), not '\(text.prefix(80))'")
        }
        return value
    }
}
