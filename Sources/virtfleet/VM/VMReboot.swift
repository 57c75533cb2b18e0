import CommandLineKit
import FleetModel

enum VMReboot {
    private static let force = Argument<Bool>.flag(
        "force", short: "f", "Push the reset button in place of asking the guest")

    static let command = Command(
        "reboot", "Restart a VM's guest",
        arguments: VMSelector.arguments + [force.specification] + JobSubmission.arguments
    ) { arguments, console in
        let session = try Session(arguments, console)
        let found = try await VMSelector.find(arguments, session.client)
        let reboot = RebootArguments(vm: found.vm.id, force: try arguments(force))
        return try await JobSubmission(session, arguments).run([
            JobRequest(
                host: found.host.description, kind: JobKindName.vmReboot.rawValue,
                arguments: try FleetJSON.value(reboot))
        ])
    }
}
