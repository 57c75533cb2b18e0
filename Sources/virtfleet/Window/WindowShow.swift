import CommandLineKit
import FleetModel

enum WindowShow {
    static let command = Command(
        "show", "Show a window, and the next ten times at which it is open",
        discussion: """
            A window with 'timeZone: host' is open at other times on hosts elsewhere; --host says on which, and without it they \
            are reckoned in UTC. As yaml it is a file for 'virtfleet window apply'.
            """,
        arguments: [WindowArgument.name.specification, VMSelector.host.specification],
        examples: [
            .init("virtfleet window show nights --host ada-laptop", "by the clock of ada-laptop"),
            .init("virtfleet window show nights -o yaml > nights.yaml", "as a file"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let name = try arguments(WindowArgument.name)
        let window = try await session.client.window(name)
        if session.format == .yaml {
            console.output.write(YAMLText.text(.object(window.document)))
            return .success
        }
        let times = try await session.client.occurrences(of: name, host: try arguments(VMSelector.host))
        try session.show(WindowSchedule(window: window, schedule: times), as: WindowSchedule.presentation)
        return .success
    }
}
