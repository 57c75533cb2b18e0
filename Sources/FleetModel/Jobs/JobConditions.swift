import FoundationEssentials

/// When, and under which conditions, a job may start.
public struct JobConditions: Codable, Equatable, Sendable {
    public static let maximumRequirements = 8

    public var notBefore: Date?
    /// The name of the window, for people: the job keeps the times that the window had when it was asked for.
    public var window: ResourceName?
    /// The times at which it may start, up to its expiry; any time when there are none.
    public var windows: [Occurrence]?
    public var requirements: [JobRequirement]?

    public init(
        notBefore: Date? = nil, window: ResourceName? = nil, windows: [Occurrence]? = nil,
        requirements: [JobRequirement]? = nil
    ) {
        self.notBefore = notBefore
        self.window = window
        self.windows = windows
        self.requirements = requirements
    }
}
