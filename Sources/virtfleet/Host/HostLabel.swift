import CommandLineKit
import FleetModel

enum HostLabel {
    private static let changes = Argument<[LabelChange]>.positionals(
        "KEY=VALUE", "A label to set, or KEY- to remove one")

    static let command = Command(
        "label", "Set and remove a host's labels",
        arguments: [HostArgument.positional.specification, changes.specification],
        examples: [.init("virtfleet host label anna-laptop site=berlin beta-", "set one label and remove another")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        var labels: [String: String?] = [:]
        for change in try arguments(changes) { labels.updateValue(change.value, forKey: change.key) }
        let host = try await session.client.changeLabels(
            of: try arguments(HostArgument.positional), HostChange(labels: labels))
        try session.show(host, as: HostResource.presentation)
        return .success
    }
}
