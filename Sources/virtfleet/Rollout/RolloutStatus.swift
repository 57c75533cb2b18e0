import CommandLineKit
import FleetModel

enum RolloutStatus {
    private static let hosts = Argument<Bool>.flag(
        "hosts", "Its hosts as well; alone, where a program reads the output")
    private static let state = Argument<RolloutHostState?>.option("state", "STATE", "The hosts that stand there")

    static let command = Command(
        "status", "Show how far a rollout is, and how far each of its hosts",
        arguments: [RolloutArgument.name.specification, hosts.specification, state.specification],
        examples: [
            .init("virtfleet rollout status office-update", "how many hosts stand where"),
            .init("virtfleet rollout status office-update --state failed", "and which have failed, and why"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let name = try arguments(RolloutArgument.name)
        let state = try arguments(state)
        let wantsHosts = try arguments(hosts) || state != nil
        if session.printsForPeople || !wantsHosts {
            try session.show(try await session.client.rollout(name), as: RolloutResource.presentation)
        }
        if wantsHosts {
            let hosts = try await session.client.hosts(ofRollout: name, state: state)
            if session.printsForPeople { console.output.line("") }
            try session.show(hosts, as: RolloutHostResource.presentation)
        }
        return .success
    }
}
