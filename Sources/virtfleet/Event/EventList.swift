import CommandLineKit
import FleetModel
import Synchronization

enum EventList {
    private static let type = Argument<EventType?>.option("type", "TYPE", "Only of this type")
    private static let limit = Argument<ItemLimit>.option(
        "limit", "N", "How many of the newest", default: ItemLimit(50))
    private static let follow = Argument<Bool>.flag("follow", short: "f", "Print new events as they are committed")

    static let command = Command(
        "list", "List the newest events, oldest first",
        arguments: [
            HostArgument.filter.specification, type.specification, limit.specification, follow.specification,
        ],
        examples: [.init("virtfleet event list --follow -o json | jq .body", "hand events to a program, one a line")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let host = try arguments(HostArgument.filter)
        let type = try arguments(type)
        let events = try await session.client.events(host: host, type: type, limit: try arguments(limit).count)
            .reversed()
        guard try arguments(follow) else {
            try session.show(Array(events), as: EventResource.presentation)
            return .success
        }
        let printer = EventPrinter(session)
        try printer.start(Array(events))
        try await session.client.followEvents(
            host: host, type: type, after: events.last?.id ?? 0,
            onInterruption: { console.error.line("\($0); trying again") }, onEvent: printer.print)
        return .success
    }
}

/// Prints rows one below the other, in the columns of the first.
private final class EventPrinter: Sendable {
    private let renderer: Mutex<Renderer<EventResource>>
    private let session: Session

    init(_ session: Session) {
        self.session = session
        renderer = Mutex(session.renderer(EventResource.presentation))
    }

    /// For people a table that grows; for programs a stream of single events from the first on.
    func start(_ events: [EventResource]) throws {
        guard session.printsForPeople else { return try events.forEach(print) }
        session.console.output.write(try renderer.withLock { try $0.text(.list(events)) })
    }

    @Sendable func print(_ event: EventResource) throws {
        session.console.output.write(try renderer.withLock { try $0.text(.next(event)) })
    }
}
