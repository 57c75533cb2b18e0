import CommandLineKit
import FleetModel

enum RolloutList {
    private static let limit = Argument<ItemLimit>.option(
        "limit", "N", "How many at most, newest first", default: ItemLimit(50))

    static let command = Command(
        "list", "List rollouts, newest first", arguments: [limit.specification, Watch.flag.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let limit = try arguments(limit).count
        return try await Watch.show(arguments, session, as: RolloutResource.presentation) {
            try await session.client.rollouts(limit: limit)
        }
    }
}
