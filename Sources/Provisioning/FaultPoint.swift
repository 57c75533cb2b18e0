import FleetModel

/// A moment between two effects on disk, journal or hypervisor. Production passes through; a test ends the process
/// there, or abandons the runner by throwing, and looks what a restart makes of it.
public struct FaultPoint: Hashable, Sendable, CustomStringConvertible {
    public enum Moment: String, CaseIterable, Sendable {
        case beforeIntent = "before-intent"
        case afterIntent = "after-intent"
        case afterEffect = "after-effect"
        case beforeVerification = "before-verification"
        case afterVerification = "after-verification"
        case afterFailure = "after-failure"
        case beforeUndo = "before-undo"
        case afterUndo = "after-undo"
        case beforeEnd = "before-end"
        case afterEnd = "after-end"
    }

    public var job: JobID
    public var moment: Moment
    /// The step's name; nil for moments of the whole job.
    public var step: String?

    public var description: String { step.map { "\($0):\(moment.rawValue)" } ?? moment.rawValue }

    /// What the runner calls at each point; what it throws stops the runner as if the process had died.
    public typealias Hook = @Sendable (FaultPoint) async throws -> Void
}

/// Carries what a hook threw past everything that handles a job's own errors.
struct SimulatedCrash: Error {
    let cause: any Error
}
