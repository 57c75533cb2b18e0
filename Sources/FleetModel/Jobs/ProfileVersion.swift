/// One version of a profile that the controller keeps, as a job carries it.
public struct ProfileVersion: Codable, Equatable, Sendable {
    /// From 1.
    public var version: Int
    /// Of the document's JSON as FleetJSON writes it.
    public var digest: Digest
    /// Every key with its value.
    public var document: [String: JSONValue]

    public init(version: Int, digest: Digest, document: [String: JSONValue]) {
        self.version = version
        self.digest = digest
        self.document = document
    }
}
