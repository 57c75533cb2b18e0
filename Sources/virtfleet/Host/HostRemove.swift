import CommandLineKit

enum HostRemove {
    static let command = Command(
        "remove", "Remove a host: its credentials end, its VMs stay as they are",
        arguments: [HostArgument.positional.specification, Confirmation.yes.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let host = try await session.client.host(try arguments(HostArgument.positional))
        try Confirmation.demand(
            "Remove host '\(host.name)' with \(host.vmCount) VMs from the fleet?", arguments, console)
        try await session.client.removeHost(host.id.description)
        console.error.line("host '\(host.name)' is removed")
        return .success
    }
}
