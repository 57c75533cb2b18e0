import CommandLineKit

enum ProfileDelete {
    static let command = Command(
        "delete", "Delete a profile with all its versions",
        discussion: "Jobs carry their own copy, and VMs stay as they are. A file of that name on a host counts again.",
        arguments: [ProfileArgument.name.specification, Confirmation.yes.specification]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let profile = try await session.client.profile(try arguments(ProfileArgument.name))
        try Confirmation.demand(
            "Delete profile '\(profile.name)' with all its versions, the newest of which is \(profile.version)?",
            arguments, console)
        try await session.client.removeProfile(profile.name)
        console.error.line("profile '\(profile.name)' is deleted")
        return .success
    }
}
