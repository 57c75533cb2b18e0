import CommandLineKit
import FleetClient

extension FleetClientError: ExitCodeError {
    public var exitCode: ExitCode {
        switch self {
        case .unreachable: .unreachable
        case .refused(let problem): problem.status == 409 ? .conflict : .failure
        case .unintelligible, .unreadableFile, .cancelled: .failure
        }
    }
}
