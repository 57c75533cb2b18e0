import CommandLineKit
import FleetModel

enum HostShow {
    static let command = Command(
        "show", "Show one host with its inventory", arguments: [HostArgument.positional.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        try session.show(
            try await session.client.host(try arguments(HostArgument.positional)), as: HostResource.presentation)
        return .success
    }
}
