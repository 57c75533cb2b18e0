import CommandLineKit
import FleetModel

enum TemplateShow {
    private static let template = Argument<TemplateReference>.positional(
        "TEMPLATE:VERSION", "The version to show", completion: .templates)

    static let command = Command(
        "show", "Show one version of a template, with what it was sealed with",
        arguments: [template.specification],
        examples: [.init("virtfleet template show win11:2026.11", "its variables and what it needs")]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let wanted = try arguments(template)
        let found = try await session.client.templates().first {
            $0.image.template == wanted.name && $0.image.version == wanted.version
        }
        guard let found else {
            throw Failure(
                "there is no version '\(wanted.version)' of a template '\(wanted.name)'; 'virtfleet template list' shows what there "
                    + "is")
        }
        try session.show(found, as: TemplateResource.presentation)
        return .success
    }
}
