import CommandLineKit
import FleetModel

enum JobMoving {
    private static let before = Argument<JobID?>.option(
        "before", "JOB", "Have its turn before this job of the same host", completion: .jobs)
    private static let first = Argument<Bool>.flag("first", "Have its turn first")
    private static let last = Argument<Bool>.flag("last", "Have its turn last")

    static let command = Command(
        "move", "Let a job that has not begun have its turn earlier or later",
        arguments: [
            JobArgument.positional.specification, before.specification, first.specification, last.specification,
        ],
        examples: [.init("virtfleet job move 01ARZ3NDEKTSV4RRFFQ69G5FAV --first", "before all that has not begun")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let id = try arguments(JobArgument.positional)
        var other = try arguments(before)
        let (first, last) = (try arguments(first), try arguments(last))
        guard [other != nil, first, last].count(where: \.self) == 1 else {
            throw UsageError("say one of --before JOB, --first and --last")
        }
        if first {
            let host = try await session.client.job(id).host.description
            other = try await session.client.queue(of: host).first { $0.state.isBeforeStart && $0.id != id }?.id
        }
        try session.show(try await session.client.moveJob(id, before: other), as: JobResource.presentation)
        return .success
    }
}
