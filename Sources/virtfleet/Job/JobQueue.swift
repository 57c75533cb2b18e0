import CommandLineKit
import FleetModel

enum JobQueue {
    static let command = Command(
        "queue", "Show what a host still has to do, in the order of its turns",
        discussion: """
            A job that waits for its window, a requirement or another attempt lets those behind it pass. 'job move' changes the \
            order, 'job purge' takes all back that has not begun.
            """,
        arguments: [HostArgument.positional.specification, Watch.flag.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let host = try arguments(HostArgument.positional)
        return try await Watch.show(arguments, session, as: JobResource.presentation) {
            try await session.client.queue(of: host)
        }
    }
}
