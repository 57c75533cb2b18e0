import FoundationEssentials

/// Somebody who sits at a host.
public struct LocalUser: Codable, Equatable, Sendable {
    public var uid: UInt32
    public var name: String

    public init(uid: UInt32, name: String) {
        self.uid = uid
        self.name = name
    }
}

/// Body of `job.deferred`: the person at the host has put a job off.
public struct JobDeferral: Codable, Equatable, Sendable {
    public static let defaultSeconds = 3600
    public static let seconds = 60...8 * 3600

    public var job: JobID
    public var kind: String
    public var by: LocalUser
    /// The job does not begin before.
    public var until: Date
    /// How often it may still be put off.
    public var left: Int

    public init(job: JobID, kind: String, by: LocalUser, until: Date, left: Int) {
        self.job = job
        self.kind = kind
        self.by = by
        self.until = until
        self.left = left
    }
}
