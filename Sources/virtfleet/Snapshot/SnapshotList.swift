import CommandLineKit
import FleetModel

enum SnapshotList {
    static let command = Command(
        "list", "List a VM's snapshots, those of others too",
        arguments: VMSelector.arguments + [Watch.flag.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        return try await Watch.show(arguments, session, as: SnapshotItem.presentation) {
            SnapshotItem.all(of: try await VMSelector.find(arguments, session.client).vm)
        }
    }
}

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
