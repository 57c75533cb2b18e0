import CommandLineKit
import FleetModel

enum JobCancel {
    static let command = Command(
        "cancel", "Ask for a job to stop at its next safe point",
        discussion: "The host answers when it can: watch the job to see whether it was cancelled or had already ended.",
        arguments: [JobArgument.positional.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let job = try await session.client.cancelJob(try arguments(JobArgument.positional))
        try session.show(job, as: JobResource.presentation)
        return .success
    }
}
