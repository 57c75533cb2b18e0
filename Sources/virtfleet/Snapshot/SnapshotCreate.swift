import CommandLineKit
import FleetModel

enum SnapshotCreate {
    private static let name = Argument<ResourceName>.positional("NAME", "The snapshot's name, new for this VM")
    private static let policy = Argument<ResourceName?>.option(
        "policy", "NAME", "The policy that it belongs to: 'snapshot prune' with the same name may delete it")

    private static let memory = Argument<Bool>.flag(
        "memory", "Keep the memory of a guest that runs as well: a revert has it go on where it was")

    static let command = Command(
        "create", "Keep a VM as it is: disks, UEFI variables, TPM and definition",
        discussion: """
            A VM that runs is paused for less than a second. Where its guest agent answers, applications and file systems \
            are brought to rest first ('app'); else the snapshot is what a power cut would leave ('crash'). With --memory \
            it stands still until its memory is written, which takes as much room as the VM has memory.
            """,
        arguments: [
            VMSelector.vm.specification, name.specification, policy.specification, memory.specification,
            VMSelector.host.specification,
        ] + JobSubmission.arguments,
        examples: [.init("virtfleet snapshot create ada before-update --wait", "and follow it to the end")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let vm = try await VMSelector.find(arguments, session.client)
        let wanted = SnapshotCreateArguments(
            vm: vm.vm.id, name: try arguments(name), policy: try arguments(policy),
            memory: try arguments(memory) ? true : nil)
        return try await JobSubmission(session, arguments).run([
            JobRequest(
                host: vm.host.description, kind: JobKindName.snapshotCreate.rawValue,
                arguments: try FleetJSON.value(wanted))
        ])
    }
}
