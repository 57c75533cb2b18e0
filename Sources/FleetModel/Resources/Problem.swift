/// An error of the HTTP API: `application/problem+json` (RFC 9457).
public struct Problem: Error, Codable, Equatable, Sendable {
    /// `/problems/<code>`; stable.
    public var type: String
    public var title: String
    public var status: Int
    /// What was attempted, on what, and what to do next.
    public var detail: String?

    public init(status: Int, code: String, title: String, detail: String? = nil) {
        self.type = "/problems/\(code)"
        self.title = title
        self.status = status
        self.detail = detail
    }

    public var code: String { type.split(separator: "/").last.map(String.init) ?? type }
}
