import CommandLineKit
import FleetModel

enum ProfileList {
    static let command = Command(
        "list", "List the controller's profiles, each in its newest version"
    ) { arguments, console in
        let session = try Session(arguments, console)
        try session.show(try await session.client.profiles(), as: ProfileResource.presentation)
        return .success
    }
}
