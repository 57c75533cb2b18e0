import CommandLineKit
import FleetModel

enum WindowList {
    static let command = Command("list", "List the windows") { arguments, console in
        let session = try Session(arguments, console)
        try session.show(try await session.client.windows(), as: WindowResource.presentation)
        return .success
    }
}
