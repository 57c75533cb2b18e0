import CommandLineKit
import FleetModel

enum VMUpdate {
    private static let template = Argument<TemplateReference>.positional(
        "TEMPLATE:VERSION", "The version that the system disk is made from anew", completion: .templates)
    private static let snapshot = Argument<ResourceName?>.option(
        "snapshot", "NAME", "The name of the snapshot that keeps what was before; 'before-VERSION' if not given")
    private static let shutdownTimeout = Argument<Int>.option(
        "shutdown-timeout", "SECONDS", "How long the guest may take to shut down; afterwards nothing is changed",
        default: 120)
    private static let guestTimeout = Argument<Int>.option(
        "guest-timeout", "SECONDS",
        "How long the new system may take until its guest agent answers; afterwards the old one comes back; 0: do not wait",
        default: 300)
    private static let noStart = Argument<Bool>.flag("no-start", "Leave the VM off, so that nobody sees it boot")

    /// Arguments of `vm.update` as an operator knows them; the controller fills in the image's digest and size.
    private struct UpdateRequest: Encodable {
        let vm: VMID
        let template: ResourceName
        let version: ResourceName
        let snapshot: ResourceName?
        let shutdownTimeoutSeconds: Int
        let start: Bool
        let guestAgentTimeoutSeconds: Int?
    }

    static let command = Command(
        "update", "Give a VM a new version of its template",
        discussion: """
            The system disk is made anew; UUID, MAC addresses, UEFI variables, TPM and data disk stay. What was before is \
            kept as a snapshot of policy 'update', and comes back by itself when the new system does not boot.
            """,
        arguments: [
            VMSelector.vm.specification, template.specification, snapshot.specification, shutdownTimeout.specification,
            guestTimeout.specification, noStart.specification, VMSelector.host.specification,
            Confirmation.yes.specification,
        ] + JobSubmission.arguments,
        examples: [.init("virtfleet vm update office-ada win11:2026.12 --wait", "and follow it to the end")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let found = try await VMSelector.find(arguments, session.client)
        let template = try arguments(template)
        let timeout = try arguments(guestTimeout)
        try Confirmation.demand(
            """
            Update VM '\(found.vm.name)' (\(found.vm.state.rawValue)) on host '\(found.hostName)' to \(template.name):\
            \(template.version)? It is shut down, and what is only on its system disk will be in the snapshot alone.
            """, arguments, console)
        let update = UpdateRequest(
            vm: found.vm.id, template: template.name, version: template.version, snapshot: try arguments(snapshot),
            shutdownTimeoutSeconds: try arguments(shutdownTimeout), start: !(try arguments(noStart)),
            guestAgentTimeoutSeconds: timeout == 0 ? nil : timeout)
        return try await JobSubmission(session, arguments).run([
            JobRequest(
                host: found.host.description, kind: JobKindName.vmUpdate.rawValue,
                arguments: try FleetJSON.value(update))
        ])
    }
}
