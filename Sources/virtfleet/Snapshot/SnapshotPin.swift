import CommandLineKit
import FleetModel

enum SnapshotPin {
    static let pin = command("pin", "Keep a snapshot from deletion", true)
    static let unpin = command("unpin", "Allow a snapshot's deletion again", false)

    private static func command(_ name: String, _ summary: String, _ pinned: Bool) -> Command {
        Command(
            name, summary, arguments: SnapshotSelector.arguments + JobSubmission.arguments
        ) { arguments, console in
            let session = try Session(arguments, console)
            let found = try await SnapshotSelector.find(arguments, session.client)
            let wanted = SnapshotPinArguments(vm: found.vm.vm.id, snapshot: found.snapshot.id, pinned: pinned)
            return try await JobSubmission(session, arguments).run([try found.request(.snapshotPin, wanted)])
        }
    }
}
