import CommandLineKit
import FleetModel

enum VMDelete {
    static let command = Command(
        "delete", "Delete a VM with its disks, NVRAM and TPM state",
        arguments: VMSelector.arguments + [Confirmation.yes.specification] + JobSubmission.arguments
    ) { arguments, console in
        let session = try Session(arguments, console)
        let found = try await VMSelector.find(arguments, session.client)
        try Confirmation.demand(
            "Delete VM '\(found.vm.name)' (\(found.vm.state.rawValue)) on host '\(found.hostName)' with its disks?",
            arguments, console)
        return try await JobSubmission(session, arguments).run([
            JobRequest(
                host: found.host.description, kind: JobKindName.vmDelete.rawValue,
                arguments: try FleetJSON.value(VMArguments(vm: found.vm.id)))
        ])
    }
}
