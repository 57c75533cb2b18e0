import CommandLineKit
import FleetModel

enum JobWatch {
    static let command = Command(
        "watch", "Follow a job to its end; its failure is the command's",
        arguments: [JobArgument.positional.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let job = try await JobFollower(session).follow(try arguments(JobArgument.positional))
        try session.show(job, as: JobResource.presentation)
        return job.state == .succeeded ? .success : .failure
    }
}
