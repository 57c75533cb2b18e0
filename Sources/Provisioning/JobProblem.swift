import FleetRuntime
import Hypervisor
import ImageStore
import SQLite
import Subprocess

/// Why a job is refused or has failed: a stable word, and for people what was attempted, on what and what to do next.
public struct JobProblem: Error, Equatable, Sendable, CustomStringConvertible {
    public let reason: String
    public let message: String

    public init(_ reason: String, _ message: String) {
        self.reason = reason
        self.message = message
    }

    public var description: String { "\(reason): \(message)" }

    /// The operator asked for it.
    static let cancelled = JobProblem("cancelled", "cancelled on request")

    static func interrupted(_ step: String) -> JobProblem {
        JobProblem(
            "interrupted",
            "the agent was stopped during '\(step)', which leaves no trace, so it is not done twice; "
                + "look at the VM and repeat the job if it is still wanted")
    }

    /// What a failed step means for its job.
    init(_ error: any Error) {
        self =
            switch error {
            case let error as JobProblem: error
            case let error as FileError: JobProblem(error.isFull ? "no-space" : "file-error", error.description)
            case let error as ImageError: JobProblem(error.code.rawValue, error.message)
            case let error as SubprocessError:
                JobProblem(
                    error.description.contains("No space left") ? "no-space" : "program-failed", error.description)
            case let error as HypervisorError: JobProblem(Self.word(for: error.code), error.description)
            default: JobProblem("failed", "\(error)")
            }
    }

    private static func word(for code: HypervisorError.Code) -> String {
        switch code {
        case .noSuchDomain: "vm-gone"
        case .alreadyExists: "name-exists"
        default: "hypervisor-\(code.rawValue)"
        }
    }
}
