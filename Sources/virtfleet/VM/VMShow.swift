import CommandLineKit
import FleetModel

enum VMShow {
    static let command = Command(
        "show", "Show one VM with its latest metrics", arguments: VMSelector.arguments
    ) { arguments, console in
        let session = try Session(arguments, console)
        let found = try await VMSelector.find(arguments, session.client)
        try session.show(
            try await session.client.vm(found.vm.id, host: found.host.description), as: VMResource.presentation)
        return .success
    }
}
