import CommandLineKit
import FleetModel

enum VMExport {
    private static let snapshot = Argument<String?>.option(
        "snapshot", "SNAPSHOT", "Export what a snapshot holds, by its name or ID; the VM may run then",
        completion: .snapshotNames)

    static let command = Command(
        "export", "Put a whole VM into a directory of its host",
        discussion: """
            The directory, which 'virtfleet job show' names, holds disks, UEFI variables, TPM and definition of the VM, which \
            must be off unless a snapshot is exported. It is for nobody else's eyes: whoever has it has the machine. Copy it \
            to a safe place, or below the export directory of another host, and bring the VM back with 'virtfleet vm import'.
            """,
        arguments: [
            VMSelector.vm.specification, snapshot.specification, VMSelector.host.specification,
        ] + JobSubmission.arguments,
        examples: [
            .init("virtfleet vm export plc-ada --wait", "the VM, which is off"),
            .init("virtfleet vm export plc-ada --snapshot before-7", "an archive of a VM that runs"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let found = try await VMSelector.find(arguments, session.client)
        let wanted = try ExportArguments(
            vm: found.vm.id,
            snapshot: arguments(snapshot).map { try SnapshotSelector.snapshot(named: $0, of: found).id })
        return try await JobSubmission(session, arguments).run([
            JobRequest(
                host: found.host.description, kind: JobKindName.vmExport.rawValue,
                arguments: try FleetJSON.value(wanted))
        ])
    }
}
