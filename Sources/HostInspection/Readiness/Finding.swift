/// One result of a readiness check: what was seen, why it matters, how to mend it.
public struct Finding: Codable, Equatable, Sendable {
    public enum Level: String, Codable, Sendable, CaseIterable {
        case ok
        /// Worth knowing; nothing to do.
        case notice
        case warning
        /// VMs, or a profile's VMs, cannot run as they should.
        case failure
        /// It cannot be seen from here; the reason tells what would show it.
        case unknown
    }

    /// The check's name, `iommu`: stable, and the anchor in docs/readiness.md.
    public var check: String
    public var level: Level
    /// What was seen.
    public var evidence: String
    /// Why it matters.
    public var reason: String
    public var fix: String?
    /// The page about this check.
    public var documentation: String
}
