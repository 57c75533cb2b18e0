import FleetModel

/// Whether this machine can run a VM of a profile, alone, and if not, what is nearest to making it so.
public struct ProfileFit: Codable, Equatable, Sendable {
    public enum Answer: String, Codable, Sendable, CaseIterable {
        case fits
        case doesNotFit = "does-not-fit"
        /// Nothing speaks against it, but not all of it could be seen.
        case unknown
    }

    /// Something the profile asks for and the machine does not offer, or does not show.
    public struct Obstacle: Codable, Equatable, Sendable {
        /// It may be there, and only cannot be seen.
        public var unseen: Bool
        public var reason: String
        public var fix: String?
        /// The page about it.
        public var documentation: String
    }

    public var profile: ResourceName
    public var answer: Answer
    /// The quickest to mend first; what could not be seen comes last.
    public var obstacles: [Obstacle]
    /// The first step towards running it.
    public var nearestFix: String?

    /// - Parameter facts: of the machine. Its profiles are not looked at.
    public init(of needs: ProfileNeeds, in facts: ReadinessFacts) {
        let found = FitRequirement.all.compactMap { $0.obstacle(needs, facts) }
        profile = needs.name
        obstacles = found.filter { !$0.unseen } + found.filter(\.unseen)
        answer = found.isEmpty ? .fits : found.contains { !$0.unseen } ? .doesNotFit : .unknown
        nearestFix = obstacles.firstResult(\.fix)
    }
}
