import CommandLineKit
import FleetFiles
import FleetModel

enum WindowApply {
    private static let file = Argument<String>.positional("FILE", "The window's YAML file", completion: .files)
    private static let name = Argument<ResourceName?>.option(
        "name", "NAME", "The window's name, where it is not the file's own")

    static let command = Command(
        "apply", "Make a window what a file says",
        discussion: """
            A window is recurring time in which hosts may be disturbed: jobs that are asked for with --window NAME start in \
            it and at no other time. Jobs that were asked for before keep the times that it had.
            """,
        arguments: [file.specification, name.specification],
        examples: [.init("virtfleet window apply nights.yaml", "as window nights")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let file = try arguments(file)
        guard let name = try arguments(name) ?? DocumentFile.name(of: file) else {
            throw UsageError("a window's name is \(ResourceName.expectation), which \(file) is not; say --name NAME")
        }
        let applied = try await session.client.applyWindow(name, document: try Window(file: file).document())
        console.error.line(
            applied.changed
                ? "window '\(name)' is applied" : "nothing changed: the file says what window '\(name)' says")
        try session.show(applied.window, as: WindowResource.presentation)
        return .success
    }
}
