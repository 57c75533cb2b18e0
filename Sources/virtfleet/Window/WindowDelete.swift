import CommandLineKit

enum WindowDelete {
    static let command = Command(
        "delete", "Delete a window",
        discussion: "Jobs that were asked for keep the times that it had.",
        arguments: [WindowArgument.name.specification, Confirmation.yes.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let window = try await session.client.window(try arguments(WindowArgument.name))
        try Confirmation.demand("Delete window '\(window.name)'?", arguments, console)
        try await session.client.removeWindow(window.name)
        console.error.line("window '\(window.name)' is deleted")
        return .success
    }
}
