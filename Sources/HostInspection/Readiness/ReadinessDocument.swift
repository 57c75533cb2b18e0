/// `inventory/readiness`.
public struct ReadinessDocument: Codable, Equatable, Sendable {
    /// In the order of the table of checks.
    public var findings: [Finding]
}
