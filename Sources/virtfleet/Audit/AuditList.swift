import CommandLineKit
import FleetModel

enum AuditList {
    private static let who = Argument<String?>.option("who", "NAME", "Only of this user, or 'API token'")
    private static let limit = Argument<ItemLimit>.option(
        "limit", "N", "How many of the newest", default: ItemLimit(50))

    static let command = Command(
        "list", "List what was changed and what was refused, newest first",
        arguments: [who.specification, limit.specification],
        examples: [.init("virtfleet audit list --who anna -o wide", "see what anna did, and from where")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        try session.show(
            try await session.client.audit(who: try arguments(who), limit: try arguments(limit).count),
            as: AuditResource.presentation)
        return .success
    }
}
