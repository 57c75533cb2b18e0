import CommandLineKit
import FleetModel

enum VMList {
    static let command = Command(
        "list", "List the VMs of all hosts, as they were last described",
        arguments: [HostArgument.filter.specification, Watch.flag.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let host = try arguments(HostArgument.filter)
        return try await Watch.show(arguments, session, as: VMResource.presentation) {
            try await session.client.vms(host: host)
        }
    }
}
