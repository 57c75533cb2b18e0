import CommandLineKit
import FleetModel

enum JobShow {
    static let command = Command(
        "show", "Show one job", arguments: [JobArgument.positional.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        try session.show(
            try await session.client.job(try arguments(JobArgument.positional)), as: JobResource.presentation)
        return .success
    }
}
