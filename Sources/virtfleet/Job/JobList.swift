import CommandLineKit
import FleetModel

enum JobList {
    private static let state = Argument<JobState?>.option("state", "STATE", "Only in this state")
    private static let limit = Argument<ItemLimit>.option(
        "limit", "N", "How many at most, newest first", default: ItemLimit(50))

    static let command = Command(
        "list", "List jobs, newest first",
        arguments: [
            HostArgument.filter.specification, state.specification, limit.specification, Watch.flag.specification,
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let host = try arguments(HostArgument.filter)
        let state = try arguments(state)
        let limit = try arguments(limit).count
        return try await Watch.show(arguments, session, as: JobResource.presentation) {
            try await session.client.jobs(host: host, state: state, limit: limit)
        }
    }
}
