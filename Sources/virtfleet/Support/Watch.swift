import CommandLineKit
import FleetClient
import FleetModel

/// A list that stays on the screen: drawn anew at each event, and every two seconds for what makes no event.
enum Watch {
    static let flag = Argument<Bool>.flag("watch", short: "w", "Keep the list up to date until Ctrl-C")

    /// Shows the list once, or for ever.
    static func show<Item: Equatable>(
        _ arguments: ParsedArguments, _ session: Session, as presentation: Presentation<Item>,
        fetch: () async throws -> [Item]
    ) async throws -> ExitCode {
        var items = try await fetch()
        guard try arguments(flag) else {
            try session.show(items, as: presentation)
            return .success
        }
        let bell = ChangeBell(session.client, interval: .seconds(2))
        defer { bell.stop() }
        var shown: [Item]?
        repeat {
            // Ages grow on the screen; a pipe gets the list only when it has changed.
            if session.console.output.isTerminal {
                session.console.output.write("\u{1B}[H\u{1B}[2J")
                try session.show(items, as: presentation)
            } else if items != shown {
                try session.show(items, as: presentation)
            }
            shown = items
            guard await bell.next() else { return .success }
            do {
                items = try await fetch()
            } catch let error as FleetClientError where error.exitCode == .unreachable {
                session.console.error.line("\(error)")
            }
        } while true
    }
}
