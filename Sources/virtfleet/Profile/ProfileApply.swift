import CommandLineKit
import FleetModel
import Placement
import FleetFiles

enum ProfileApply {
    private static let naming = DocumentNaming(word: "profile")

    static let command = Command(
        "apply", "Make a file the newest version of a profile",
        discussion: """
            Clones that are asked for afterwards are built by it, on every host. A version never changes; a file that \
            says what the newest version says makes none.
            """,
        arguments: [ProfileArgument.file.specification, naming.given.specification],
        examples: [
            .init("virtfleet profile apply office.yaml", "as profile office"),
            .init("virtfleet profile apply ./office.yaml --name plc", "under another name"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let file = try arguments(ProfileArgument.file)
        let name = try naming.name(of: file, arguments)
        let applied = try await session.client.applyProfile(name, document: try Profile(file: file).document())
        let version = "profile '\(name)', version \(applied.profile.version)"
        console.error.line(
            applied.changed ? "\(version), is new" : "nothing changed: the file says what \(version), says")
        try session.show(applied.profile, as: ProfileResource.presentation)
        return .success
    }
}
