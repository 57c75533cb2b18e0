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
