import FoundationEssentials

/// `/api/v1/audit`: one change that somebody made, or was refused.
public struct AuditResource: Codable, Equatable, Sendable {
    /// The `result` of what was carried out.
    public static let done = "done"

    /// Grows with time.
    public var id: Int64
    /// The controller's clock.
    public var time: Date
    public var who: String
    /// An IP address, or `local socket`; nil in records of versions that did not keep it.
    public var origin: String?
    /// Such as `host.add`; of a refused request its method and path.
    public var action: String
    /// What it was done to; nil for a refused request.
    public var object: String?
    /// `done`, or the problem's code and detail.
    public var result: String

    public init(
        id: Int64, time: Date, who: String, origin: String?, action: String, object: String?, result: String
    ) {
        self.id = id
        self.time = time
        self.who = who
        self.origin = origin
        self.action = action
        self.object = object
        self.result = result
    }
}
