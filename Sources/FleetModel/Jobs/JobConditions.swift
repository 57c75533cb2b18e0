import FoundationEssentials

/// When, and under which conditions, a job may start.
public struct JobConditions: Codable, Equatable, Sendable {
    public static let maximumRequirements = 8
    public static let forceAfterRange = 1...100

    public var notBefore: Date?
    /// The name of the window, for people: the job keeps the times that the window had when it was asked for.
    public var window: ResourceName?
    /// The times at which it may start, up to its expiry; any time when there are none.
    public var windows: [Occurrence]?
    /// Once so many of these have ended without its start, it may start at any time.
    public var forceAfter: Int?
    public var requirements: [JobRequirement]?
    public var notice: JobNotice?

    public init(
        notBefore: Date? = nil, window: ResourceName? = nil, windows: [Occurrence]? = nil, forceAfter: Int? = nil,
        requirements: [JobRequirement]? = nil, notice: JobNotice? = nil
    ) {
        self.notBefore = notBefore
        self.window = window
        self.windows = windows
        self.forceAfter = forceAfter
        self.requirements = requirements
        self.notice = notice
    }
}
