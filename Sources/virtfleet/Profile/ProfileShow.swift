import CommandLineKit
import FleetModel

enum ProfileShow {
    static let command = Command(
        "show", "Show one version of a profile",
        discussion: "As yaml it is a file for 'virtfleet profile apply'.",
        arguments: [ProfileArgument.reference.specification],
        examples: [
            .init("virtfleet profile show office", "the newest version"),
            .init("virtfleet profile show office:3 -o yaml > office.yaml", "an earlier one as a file"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let reference = try arguments(ProfileArgument.reference)
        let profile = try await session.client.profile(reference.name, version: reference.version)
        if session.format == .yaml {
            console.output.write(YAMLText.text(.object(profile.document)))
        } else {
            try session.show(profile, as: ProfileResource.presentation)
        }
        return .success
    }
}
