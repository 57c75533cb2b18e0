import CommandLineKit
import FleetModel

enum VMPlanning {
    /// Where nobody said how wide it may be.
    private static let usualWidth = 80

    private static let host = Argument<String>.requiredOption(
        "host", "HOST", "Whose cores and memory", completion: .hostNames)
    private static let profile = Argument<ResourceName?>.option(
        "profile", "PROFILE", "A profile of the controller's, for one more VM", completion: .profileNames)
    private static let name = Argument<ResourceName?>.option(
        "name", "NAME", "What that VM is called, where it is not the profile's name")

    static let command = Command(
        "plan", "Draw who has which cores and memory of a host, and what one more VM would get",
        discussion: """
            By what the host has told last; nothing is changed. A start decides anew.

            Exit status: 0 when the VM would fit now, or none was asked about, else 1.
            """,
        arguments: [host.specification, profile.specification, name.specification],
        examples: [
            .init("virtfleet vm plan --host ada", "who has what"),
            .init("virtfleet vm plan --host ada --profile plc", "and what a VM of it would get"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let profile = try arguments(profile)
        let name = try arguments(name)
        if name != nil, profile == nil { throw UsageError("--name names a VM of a profile; say which with --profile") }
        let plan = try await session.client.plan(of: try arguments(host), profile: profile, name: name)
        if session.printsForPeople {
            let inventory = try await session.client.host(plan.host.description).inventory ?? [:]
            guard let cpu = inventory[.cpu], let memory = inventory[.memory] else {
                throw Failure("the inventory of host '\(plan.hostName)' has gone meanwhile; try again")
            }
            let picture = PlanPicture(
                cpu: try FleetJSON.decode(CPUDocument.self, from: cpu),
                memory: try FleetJSON.decode(MemoryDocument.self, from: memory), plan: plan.plan, new: plan.vm)
            for panel in picture.panels {
                console.output.write(
                    panel.text(
                        width: console.output.width ?? usualWidth, ascii: false, usesColor: console.output.usesColor))
            }
        }
        try session.show(plan, as: HostPlanResource.presentation)
        return [nil, .fits].contains(plan.fit?.answer) ? .success : .failure
    }
}
