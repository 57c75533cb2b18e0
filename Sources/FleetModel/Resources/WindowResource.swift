import FoundationEssentials

/// `/api/v1/windows`: recurring time in which a host may be disturbed.
public struct WindowResource: Codable, Equatable, Sendable {
    public var name: ResourceName
    /// Every key with its value.
    public var document: [String: JSONValue]
    public var createdAt: Date
    public var updatedAt: Date

    public init(name: ResourceName, document: [String: JSONValue], createdAt: Date, updatedAt: Date) {
        self.name = name
        self.document = document
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// The answer to `POST /api/v1/windows/{name}`.
public struct WindowApplication: Codable, Equatable, Sendable {
    public var window: WindowResource
    /// Whether the document differs from what there was.
    public var changed: Bool

    public init(window: WindowResource, changed: Bool) {
        self.window = window
        self.changed = changed
    }
}

/// The answer to `GET /api/v1/windows/{name}/occurrences`.
public struct WindowOccurrences: Codable, Equatable, Sendable {
    /// The time zone in which it was reckoned.
    public var timeZone: String
    /// The one under way, if there is one, and those that come, in order.
    public var occurrences: [Occurrence]

    public init(timeZone: String, occurrences: [Occurrence]) {
        self.timeZone = timeZone
        self.occurrences = occurrences
    }
}
