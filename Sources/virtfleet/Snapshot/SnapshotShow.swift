import CommandLineKit
import FleetModel

enum SnapshotShow {
    static let command = Command(
        "show", "Show one snapshot", arguments: SnapshotSelector.arguments
    ) { arguments, console in
        let session = try Session(arguments, console)
        let found = try await SnapshotSelector.find(arguments, session.client)
        let item = SnapshotItem.all(of: found.vm.vm).first { $0.snapshot?.id == found.snapshot.id }
        if let item { try session.show(item, as: SnapshotItem.presentation) }
        return .success
    }
}
