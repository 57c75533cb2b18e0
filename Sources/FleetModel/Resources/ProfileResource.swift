import FoundationEssentials

/// `/api/v1/profiles`: one immutable version of a profile.
public struct ProfileResource: Codable, Equatable, Sendable {
    public var name: ResourceName
    /// From 1, in the order in which they were applied.
    public var version: Int
    /// Of the document's JSON as FleetJSON writes it.
    public var digest: Digest
    /// Every key with its value.
    public var document: [String: JSONValue]
    public var createdAt: Date

    public init(
        name: ResourceName, version: Int, digest: Digest, document: [String: JSONValue], createdAt: Date
    ) {
        self.name = name
        self.version = version
        self.digest = digest
        self.document = document
        self.createdAt = createdAt
    }
}

/// The answer to `POST /api/v1/profiles/{name}`.
public struct ProfileApplication: Codable, Equatable, Sendable {
    /// The newest version now.
    public var profile: ProfileResource
    /// Whether the document made it; false when it was the newest version's already.
    public var changed: Bool

    public init(profile: ProfileResource, changed: Bool) {
        self.profile = profile
        self.changed = changed
    }
}
