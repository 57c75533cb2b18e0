import CommandLineKit
import FleetModel

enum SnapshotDelete {
    static let command = Command(
        "delete", "Give a snapshot up; the VM and its other snapshots stay as they are",
        arguments: SnapshotSelector.arguments + [Confirmation.yes.specification] + JobSubmission.arguments
    ) { arguments, console in
        let session = try Session(arguments, console)
        let found = try await SnapshotSelector.find(arguments, session.client)
        try Confirmation.demand(
            "Delete snapshot '\(found.snapshot.name)' of VM '\(found.vm.vm.name)' on host '\(found.vm.hostName)'?",
            arguments, console)
        return try await JobSubmission(session, arguments).run([try found.deletion])
    }
}

extension SnapshotSelector.Found {
    var deletion: JobRequest {
        get throws { try request(.snapshotDelete, SnapshotArguments(vm: vm.vm.id, snapshot: snapshot.id)) }
    }
}
