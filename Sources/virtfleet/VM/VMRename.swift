import CommandLineKit
import FleetModel

enum VMRename {
    private static let name = Argument<ResourceName>.positional("NAME", "The new name, which no VM of the host has")

    static let command = Command(
        "rename", "Give a VM that is off another name",
        discussion: "Its UUID, MAC addresses, files and snapshots stay. libvirt renames no VM that runs.",
        arguments: [
            VMSelector.vm.specification, name.specification, VMSelector.host.specification,
        ] + JobSubmission.arguments
    ) { arguments, console in
        let session = try Session(arguments, console)
        let found = try await VMSelector.find(arguments, session.client)
        let wanted = RenameArguments(vm: found.vm.id, name: try arguments(name))
        return try await JobSubmission(session, arguments).run([
            JobRequest(
                host: found.host.description, kind: JobKindName.vmRename.rawValue,
                arguments: try FleetJSON.value(wanted))
        ])
    }
}
