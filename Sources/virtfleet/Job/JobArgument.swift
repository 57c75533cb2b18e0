import CommandLineKit
import FleetModel

/// How commands name a job.
enum JobArgument {
    static let positional = Argument<JobID>.positional("JOB", "A job's ID", completion: .jobs)
}
