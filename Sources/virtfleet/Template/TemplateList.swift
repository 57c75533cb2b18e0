import CommandLineKit
import FleetModel

enum TemplateList {
    static let command = Command(
        "list", "List the template versions"
    ) { arguments, console in
        let session = try Session(arguments, console)
        try session.show(try await session.client.templates(), as: TemplateResource.presentation)
        return .success
    }
}
