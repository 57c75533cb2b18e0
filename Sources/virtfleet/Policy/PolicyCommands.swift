import CommandLineKit
import FleetFiles
import FleetModel

enum PolicyCommands {
    private static let documents = DocumentCommands(kind: .policy, presentation: PolicySchedule.policies) {
        try Policy(file: $0).document()
    }

    static let all = [
        documents.list, show,
        documents.apply(
            discussion: """
                A policy is what hosts do by themselves, with no network either: they make snapshots of their VMs on a \
                schedule and keep some of them (action: snapshot), give them a version of their template (update), run a \
                command in guests (guest), or do with VMs what it says when they sleep or shut down (power). Times from now \
                on count.
                """),
        documents.delete(
            discussion: "The snapshots that it made stay. What profiles say of the host's sleep counts again."),
    ]

    private static let show = Command(
        "show", "Show a policy, its next ten times on each host, and which snapshots it gives up",
        discussion: "As yaml it is a file for 'virtfleet policy apply'.",
        arguments: [documents.name.specification, VMSelector.host.specification],
        examples: [.init("virtfleet policy show nightly --host ada-laptop", "on one host alone")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let name = try arguments(documents.name)
        let resource = try await session.client.document(.policy, name)
        if session.format == .yaml {
            console.output.write(YAMLText.text(.object(resource.document)))
            return .success
        }
        var hosts = try await session.client.hosts(of: name)
        if let host = try arguments(VMSelector.host) {
            hosts = hosts.filter { $0.hostName.description == host || $0.host.description == host }
        }
        let policy = try Policy(document: resource.document)
        let retained = try await retention(of: policy, name, on: Set(hosts.map(\.host)), session)
        try session.show(
            PolicySchedule(policy: resource, hosts: hosts, vms: retained), as: PolicySchedule.presentation)
        return .success
    }

    private static func retention(
        of policy: Policy, _ name: ResourceName, on hosts: Set<HostID>, _ session: Session
    ) async throws -> [PolicySchedule.VM] {
        guard policy.action == .snapshot else { return [] }
        return try await session.client.vms().filter { hosts.contains($0.host) }.compactMap { vm in
            let made = (vm.vm.snapshots ?? []).filter { $0.policy == name }
            guard !made.isEmpty else { return nil }
            let given = policy.keep.expendable(made, of: name)
            return PolicySchedule.VM(
                name: vm.vm.name, hostName: vm.hostName, kept: made.count - given.count, givenUp: given.map(\.name))
        }
    }
}
