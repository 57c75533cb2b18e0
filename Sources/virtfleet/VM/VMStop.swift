import CommandLineKit
import FleetModel

enum VMStop {
    private static let force = Argument<Bool>.flag("force", short: "f", "Cut the power in place of asking the guest")
    private static let timeout = Argument<Int>.option(
        "timeout", "SECONDS", "How long the guest may take; afterwards the job fails and the VM keeps running",
        default: 120)

    static let command = Command(
        "stop", "Shut a VM down",
        arguments: VMSelector.arguments + [
            force.specification, timeout.specification,
        ] + JobSubmission.arguments
    ) { arguments, console in
        let session = try Session(arguments, console)
        let found = try await VMSelector.find(arguments, session.client)
        let stop = StopArguments(
            vm: found.vm.id, force: try arguments(force), timeoutSeconds: try arguments(timeout))
        return try await JobSubmission(session, arguments).run([
            JobRequest(
                host: found.host.description, kind: JobKindName.vmStop.rawValue,
                arguments: try FleetJSON.value(stop))
        ])
    }
}
