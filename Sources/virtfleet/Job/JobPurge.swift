import CommandLineKit
import FleetModel

enum JobPurge {
    static let command = Command(
        "purge", "Take back all jobs of a host that have not begun",
        discussion: "A job that has begun goes on; 'job cancel' asks it to stop.",
        arguments: [HostArgument.positional.specification, Confirmation.yes.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let host = try await session.client.host(try arguments(HostArgument.positional))
        let waiting = try await session.client.queue(of: host.id.description).count { $0.state.isBeforeStart }
        try Confirmation.demand(
            "Take back \(waiting) \(waiting == 1 ? "job" : "jobs") of host '\(host.name)' that have not begun?",
            arguments,
            console)
        try session.show(
            try await session.client.purgeQueue(of: host.id.description), as: JobResource.presentation)
        return .success
    }
}
