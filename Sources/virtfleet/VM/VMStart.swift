import CommandLineKit
import FleetModel

enum VMStart {
    static let command = Command(
        "start", "Start a VM", arguments: VMSelector.arguments + [JobSubmission.wait.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let found = try await VMSelector.find(arguments, session.client)
        return try await JobSubmission(session, arguments).run([
            JobRequest(
                host: found.host.description, kind: JobKindName.vmStart.rawValue,
                arguments: try FleetJSON.value(VMArguments(vm: found.vm.id)))
        ])
    }
}
