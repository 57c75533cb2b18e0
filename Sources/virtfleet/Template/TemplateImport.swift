import CommandLineKit
import FleetClient
import FleetModel
import FleetRuntime
import FleetFiles

enum TemplateImport {
    private static let image = Argument<String>.positional(
        "IMAGE", "A qcow2 or raw disk image, without a backing file", completion: .files)
    private static let name = Argument<ResourceName>.requiredOption("name", "NAME", "The template's name")
    private static let version = Argument<ResourceName>.requiredOption(
        "version", "VERSION", "The new version; it never changes afterwards")

    private static let variables = Argument<String?>.option(
        "variables", "FILE", "The UEFI variables that clones start with: the file that <nvram> of the sealed VM names",
        completion: .files)
    private static let seal = Argument<String?>.option(
        "seal", "FILE.yaml",
        "What the system was sealed with and needs: guestOS, memoryMiB, vcpus, secureBoot, tpm, diskBus, profile",
        completion: .files)

    static let command = Command(
        "import", "Bring an image to the controller as a template version",
        discussion: "A broken import goes on where it stopped when the command is given again.",
        arguments: [
            image.specification, name.specification, version.specification, variables.specification, seal.specification,
        ],
        examples: [
            .init("virtfleet template import office.qcow2 --name office --version 2026.11", "from this machine"),
            .init(
                "virtfleet template import w.qcow2 --name win11 --version 1 --variables VARS.fd --seal w.yaml",
                "with the keys of the sealed VM, for profiles that fit"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let name = try arguments(name)
        let version = try arguments(version)
        let seal = try arguments(seal).map { try TemplateSeal(file: $0) }
        let display = UploadDisplay(console.error)
        let upload: FinishedUpload
        var variables: FinishedUpload?
        do {
            upload = try await session.client.upload(file: try arguments(image), progress: display.show)
            if let file = try arguments(Self.variables) {
                variables = try await session.client.upload(file: file, progress: display.show)
            }
        } catch {
            display.finish()
            throw error
        }
        display.finish("uploaded; the controller looks at the image")
        let template = try await session.client.importTemplate(
            FleetModel.TemplateImport(
                name: name, version: version, upload: upload.id, variables: variables?.id, seal: seal))
        guard template.image.digest == upload.digest, template.image.variables?.digest == variables?.digest else {
            throw Failure(
                """
                \(template.name) was imported with another content than the file has now (sha256:\
                \(template.image.digest)); the file was changed meanwhile: import it again as another version
                """)
        }
        try session.show(template, as: TemplateResource.presentation)
        return .success
    }
}

/// The two bars of an upload: reading, then sending with its rate.
private final class UploadDisplay: Sendable {
    private let reading: ProgressDisplay
    private let sending: ProgressDisplay
    private let rate = TransferRate()

    init(_ stream: Console.Stream) {
        reading = ProgressDisplay("reading", stream: stream)
        sending = ProgressDisplay("uploading", stream: stream)
    }

    @Sendable func show(_ progress: UploadProgress) {
        switch progress {
        case .digesting(let bytes, let size):
            reading.update(Double(bytes) / Double(size), HumanText.bytes(size))
        case .sending(let bytes, let size):
            sending.update(
                Double(bytes) / Double(size),
                "\(HumanText.bytes(bytes)) of \(HumanText.bytes(size))" + rate.text(bytes, of: size))
        case .interrupted: sending.update(nil, "connection lost, trying again")
        }
    }

    func finish(_ result: String? = nil) { sending.finish(result) }
}
