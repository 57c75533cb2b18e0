import CommandLineKit
import FleetModel

enum RolloutPlanning {
    static let command = Command(
        "plan", "Show what a rollout would do on which host, and who cannot",
        discussion: """
            By what each host has told last; nothing is changed. Hosts are in the order of their turns, those that cannot do \
            it come last. The plan's hash is for 'virtfleet rollout apply --plan'.
            """,
        arguments: IntentArguments.specifications,
        examples: [.init("virtfleet rollout plan office-update.yaml", "Who would be asked for what, and when?")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let wanted = try IntentArguments(arguments)
        let plan = try await session.client.planRollout(wanted.name, intent: wanted.intent)
        switch session.format {
        case .json, .yaml: try session.show(plan, as: RolloutPlanResource.presentation)
        case .csv, .name: try session.show(plan.hosts, as: RolloutPlanResource.Host.presentation)
        case .table, .wide:
            try session.show(plan.hosts, as: RolloutPlanResource.Host.presentation)
            if !plan.hosts.isEmpty { console.output.line("") }
            try session.show(plan, as: RolloutPlanResource.presentation)
        }
        return .success
    }
}
