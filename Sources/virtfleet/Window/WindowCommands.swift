import CommandLineKit
import FleetFiles
import FleetModel

enum WindowCommands {
    private static let documents = DocumentCommands(kind: .window, presentation: WindowSchedule.windows) {
        try Window(file: $0).document()
    }

    static let all = [
        documents.list, show,
        documents.apply(
            discussion: """
                A window is recurring time in which hosts may be disturbed: jobs that are asked for with --window NAME start in \
                it and at no other time. Jobs that were asked for before keep the times that it had.
                """),
        documents.delete(discussion: "Jobs that were asked for keep the times that it had."),
    ]

    private static let show = Command(
        "show", "Show a window, and the next ten times at which it is open",
        discussion: """
            A window with 'timeZone: host' is open at other times on hosts elsewhere; --host says on which, and without it they \
            are reckoned in UTC. As yaml it is a file for 'virtfleet window apply'.
            """,
        arguments: [documents.name.specification, VMSelector.host.specification],
        examples: [
            .init("virtfleet window show nights --host ada-laptop", "by the clock of ada-laptop"),
            .init("virtfleet window show nights -o yaml > nights.yaml", "as a file"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let name = try arguments(documents.name)
        let window = try await session.client.document(.window, name)
        if session.format == .yaml {
            console.output.write(YAMLText.text(.object(window.document)))
            return .success
        }
        let times = try await session.client.occurrences(of: name, host: try arguments(VMSelector.host))
        try session.show(WindowSchedule(window: window, schedule: times), as: WindowSchedule.presentation)
        return .success
    }
}
