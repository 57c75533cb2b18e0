import CommandLineKit
import FleetModel

enum RolloutWatch {
    static let command = Command(
        "watch", "Follow a rollout until it is over",
        discussion: """
            A rollout that is paused, halted or waits for approval is followed on. A controller that is away for a while is \
            waited for.

            Exit status: 0 when every host that took part has succeeded or was left out on purpose, 4 when some have \
            succeeded, 1 when none has or the rollout was aborted.
            """,
        arguments: [RolloutArgument.name.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let rollout = try await RolloutFollower(session).follow(try arguments(RolloutArgument.name))
        try session.show(rollout, as: RolloutResource.presentation)
        return rollout.exitCode
    }
}

extension RolloutResource {
    fileprivate var exitCode: ExitCode {
        if state == .aborted { return .failure }
        if participants == self[.succeeded] + self[.skipped] { return .success }
        return self[.succeeded] > 0 ? .partlyFailed : .failure
    }
}
