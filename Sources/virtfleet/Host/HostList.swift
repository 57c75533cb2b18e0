import CommandLineKit
import FleetModel

enum HostList {
    static let command = Command(
        "list", "List the hosts, with the age of what is known of those that are away",
        arguments: [Watch.flag.specification],
        examples: [.init("virtfleet host list -o name | xargs -n1 virtfleet host show", "see all there is")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        return try await Watch.show(arguments, session, as: HostResource.presentation) {
            try await session.client.hosts()
        }
    }
}
