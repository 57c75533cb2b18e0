import CommandLineKit
import FleetFiles
import FleetModel

/// What can be asked of a rollout that was applied.
enum RolloutControl {
    private static let name = RolloutArgument.name
    private static let hosts = Argument<[String]>.positionals(
        "HOST", "Hosts by name or ID; all that failed or were missed without any", atLeastOne: false,
        completion: .hostNames)

    static let approve = command(
        "approve", "Approve a rollout that another person has applied", .approve,
        discussion: "It begins when as many people as its intent demands have approved it.")
    static let pause = command(
        "pause", "Let nothing new begin for a while", .pause,
        discussion: "Jobs that have not begun are taken back; those that have begun go on.")
    static let resume = command(
        "resume", "Let a rollout go on that is paused or halted", .resume,
        discussion: "After a halt, failures are counted anew from here.")

    static let abort = Command(
        "abort", "End a rollout: nothing new begins",
        discussion: """
            Jobs that have not begun are taken back. Those that have begun finish or are rolled back, as 'abort' of the \
            intent says.
            """,
        arguments: [name.specification, Confirmation.yes.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let rollout = try await session.client.rollout(try arguments(name))
        let fate =
            rollout.intent["abort"]?.stringValue == RolloutIntent.Abort.rollBack.rawValue ? "roll back" : "finish"
        try Confirmation.demand(
            """
            Abort rollout '\(rollout.name)' (\(rollout.state.rawValue), \(rollout.ended) of \(rollout.participants) hosts \
            done)? Hosts that have begun (\(rollout[.applying])) \(fate).
            """, arguments, console)
        try session.show(try await session.client.ask(.abort, of: rollout.name), as: RolloutResource.presentation)
        return .success
    }

    static let retry = Command(
        "retry", "Let hosts that failed or were missed have another try",
        arguments: [name.specification, hosts.specification],
        examples: [.init("virtfleet rollout retry office-update anna-laptop", "this one alone")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let hosts = try arguments(hosts)
        let rollout = try await session.client.retryRollout(
            try arguments(name), RolloutRetry(hosts: hosts.isEmpty ? nil : hosts))
        try session.show(rollout, as: RolloutResource.presentation)
        return .success
    }

    private static func command(
        _ word: String, _ summary: String, _ request: RolloutRequest, discussion: String
    ) -> Command {
        Command(word, summary, discussion: discussion, arguments: [name.specification]) { arguments, console in
            let session = try Session(arguments, console)
            let rollout = try await session.client.ask(request, of: try arguments(name))
            try session.show(rollout, as: RolloutResource.presentation)
            return .success
        }
    }
}
