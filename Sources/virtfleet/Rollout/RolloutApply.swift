import CommandLineKit
import FleetModel

enum RolloutApply {
    private static let plan = Argument<Digest?>.option(
        "plan", "HASH", "Begin exactly what 'virtfleet rollout plan' showed, and ask nothing")

    static let command = Command(
        "apply", "Begin a rollout as planned; refused when the fleet has changed",
        discussion: """
            Plans, shows what it comes to, and begins that and nothing else once you agree. With --plan it begins the plan of \
            that hash without planning again.

            Exit status: 6 when the fleet has changed since the plan was made, or the name is taken.
            """,
        arguments: IntentArguments.specifications + [plan.specification, Confirmation.yes.specification],
        examples: [
            .init("virtfleet rollout apply office-update.yaml", "as rollout office-update, after a look at its plan"),
            .init("virtfleet rollout apply office-update.yaml --plan \"$PLAN\"", "in a script: what was looked at"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let wanted = try IntentArguments(arguments)
        let plan =
            if let given = try arguments(plan) { given } else { try await agreed(wanted, session, arguments) }
        try session.show(try await begin(wanted, plan, session), as: RolloutResource.presentation)
        return .success
    }

    /// The plan of now, once somebody has agreed to it.
    private static func agreed(
        _ wanted: IntentArguments, _ session: Session, _ arguments: ParsedArguments
    ) async throws -> Digest {
        let plan = try await session.client.planRollout(wanted.name, intent: wanted.intent)
        let stream = session.console.error
        var summary = Renderer(
            RolloutPlanResource.presentation, format: .table, width: stream.width, usesColor: stream.usesColor)
        stream.write(try summary.text(.one(plan)))
        let count = plan.fitting.count
        try Confirmation.demand(
            "Begin rollout '\(wanted.name)' on \(count) \(count == 1 ? "host" : "hosts")?", arguments, session.console)
        return plan.plan
    }

    private static func begin(
        _ wanted: IntentArguments, _ plan: Digest, _ session: Session
    ) async throws -> RolloutResource {
        do {
            return try await session.client.applyRollout(wanted.name, intent: wanted.intent, plan: plan)
        } catch {
            guard case .refused(let problem) = error, problem.code == "plan-outdated" else { throw error }
            throw Failure(
                """
                nothing was begun: \(problem.detail ?? problem.title); plan again with 'virtfleet rollout plan \
                \(wanted.file)' and look at what has changed
                """, exitCode: error.exitCode)
        }
    }
}
