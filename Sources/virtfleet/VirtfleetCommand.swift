import CommandLineKit
import FleetModel

/// The operator's program: everything it does goes through the controller's HTTP API.
@main
struct VirtfleetCommand {
    static let root = Command(
        "virtfleet", "Look after a fleet of KVM workstations",
        discussion: """
            Asks the controller, and has the controller ask the hosts. Hosts are addressed by name or ID, VMs by name \
            or UUID, jobs by ID.

            Exit status: 0 done, 1 failed, 2 wrong command line, 3 changes pending ('profile diff'), 4 partly failed, \
            5 controller unreachable, 6 conflict.
            """,
        arguments: Session.arguments,
        subcommands: [
            Command(
                "host", "Register workstations and see how they are",
                subcommands: [
                    HostList.command, HostShow.command, HostAdd.command, HostLabel.command, HostRemove.command,
                ]),
            Command(
                "vm", "See, make, start, stop and delete VMs",
                subcommands: [
                    VMList.command, VMShow.command, VMPlanning.command, VMClone.command, VMPower.start, VMStop.command,
                    VMReboot.command, VMPower.suspend, VMPower.resume, VMPower.focus,
                    VMDiff.command, VMPower.fix, VMUpdate.command, VMRename.command, VMResize.command,
                    VMAttach.attach, VMAttach.detach, VMExec.command,
                    VMExport.command, VMImport.command, VMDelete.command,
                ]),
            Command(
                "snapshot", "Keep a VM as it is, and go back to it",
                subcommands: [
                    SnapshotList.command, SnapshotShow.command, SnapshotCreate.command, SnapshotRevert.command,
                    SnapshotDelete.command, SnapshotPrune.command, SnapshotPin.pin, SnapshotPin.unpin,
                    SnapshotFlatten.command,
                ]),
            Command(
                "template", "Bring golden images to the controller",
                subcommands: [TemplateList.command, TemplateShow.command, TemplateImport.command]),
            Command(
                "image", "Cut disk images into chunks, and make them of chunks, without the controller",
                subcommands: [
                    ImageMake.command, ImageExtract.command, ImageDelta.command, ImageVerify.command, ImageGC.command,
                ]),
            Command(
                "profile", "Keep how VMs are built, version by version",
                subcommands: [
                    ProfileList.command, ProfileShow.command, ProfileApply.command, ProfileDiff.command,
                    ProfileFit.command, ProfileValidate.command, ProfileDelete.command,
                ]),
            Command("window", "Say when hosts may be disturbed", subcommands: WindowCommands.all),
            Command("policy", "Say what hosts do by themselves, and when", subcommands: PolicyCommands.all),
            Command(
                "job", "Follow what hosts were asked to do",
                subcommands: [
                    JobList.command, JobShow.command, JobWatch.command, JobQueue.command, JobMoving.command,
                    JobCancel.command, JobPurge.command,
                ]),
            Command(
                "rollout", "Ask something of many hosts, in waves",
                subcommands: [
                    RolloutPlanning.command, RolloutApply.command, RolloutList.command, RolloutStatus.command,
                    RolloutWatch.command, RolloutControl.approve, RolloutControl.pause, RolloutControl.resume,
                    RolloutControl.abort, RolloutControl.retry,
                ]),
            Command("event", "Read the durable record of all hosts", subcommands: [EventList.command]),
            Command("key", "Change the key that signs for the controller", subcommands: KeyCommands.all),
            Command("audit", "Read who changed what, and who was refused", subcommands: [AuditList.command]),
            .completion(for: "virtfleet"),
        ])

    static func main() async {
        await Program(root, version: ProductVersion.current).main()
    }
}
