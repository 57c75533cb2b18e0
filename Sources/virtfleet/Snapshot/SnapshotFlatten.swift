import CommandLineKit
import FleetModel

enum SnapshotFlatten {
    static let command = Command(
        "flatten", "Have a VM's disks stand alone, without template and snapshots below them",
        discussion: """
            All that the VM sees of the files below is copied into those that it writes to, while it runs or not. Its \
            snapshots stay, and can be deleted without moving anything. The host refuses where there is no room.
            """,
        arguments: VMSelector.arguments + JobSubmission.arguments
    ) { arguments, console in
        let session = try Session(arguments, console)
        let vm = try await VMSelector.find(arguments, session.client)
        return try await JobSubmission(session, arguments).run([
            JobRequest(
                host: vm.host.description, kind: JobKindName.snapshotFlatten.rawValue,
                arguments: try FleetJSON.value(VMArguments(vm: vm.vm.id)))
        ])
    }
}
