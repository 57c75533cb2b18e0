import CommandLineKit
import FleetModel

enum HostShow {
    static let command = Command(
        "show", "Show what one host is, and what is wrong with it",
        discussion: """
            What its agent has sent, in short: the machine, its graphics processors and disks, which profiles fit, and \
            each readiness check that found something wrong, with the fix. All of it, every PCI function with its \
            verdict, is there as json and yaml.
            """,
        arguments: [HostArgument.positional.specification],
        examples: [
            .init("virtfleet host show ada-laptop", "What is this machine, and what does it lack?"),
            .init("virtfleet host show ada-laptop -o json | jq .inventory.pci", "All that is known of its devices"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        try session.show(
            try await session.client.host(try arguments(HostArgument.positional)), as: HostResource.presentation)
        return .success
    }
}
