/// `inventory/readiness`.
public struct ReadinessDocument: Codable, Equatable, Sendable {
    /// In the order of the table of checks.
    public var findings: [Finding] = []
    /// One for each profile that was handed in, by name.
    public var profiles: [ProfileFit] = []

    init() {}

    public init(of facts: ReadinessFacts) {
        findings = Check.all.flatMap { $0.findings(in: facts) }
        profiles = facts.profiles.sorted { $0.name < $1.name }.map { ProfileFit(of: $0, in: facts) }
    }
}
