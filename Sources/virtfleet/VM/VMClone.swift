import CommandLineKit
import FleetModel

enum VMClone {
    private static let template = Argument<TemplateReference>.positional(
        "TEMPLATE:VERSION", "The template version to clone", completion: .templates)
    private static let name = Argument<ResourceName>.positional("NAME", "The new VM's name")
    private static let hosts = Argument<[String]>.options(
        "host", "HOST", "Where to make it", atLeastOne: true, completion: .hostNames)
    private static let profile = Argument<ResourceName>.requiredOption(
        "profile", "PROFILE", "How to build it: a profile of the controller's, else one that the host has",
        completion: .profileNames)
    private static let noStart = Argument<Bool>.flag("no-start", "Leave the new VM switched off")

    /// Arguments of `vm.clone` as an operator knows them; the controller fills in the image's digest and size.
    private struct CloneRequest: Encodable {
        let name: ResourceName
        let template: ResourceName
        let version: ResourceName
        let profile: ResourceName
        let start: Bool
    }

    static let command = Command(
        "clone", "Make a VM from a template version, on one host or several",
        arguments: [
            template.specification, name.specification, hosts.specification, profile.specification,
            noStart.specification,
        ] + JobSubmission.arguments,
        examples: [
            .init("virtfleet vm clone office:7 ada --profile office --host ada --wait", "and follow it to the end"),
            .init("virtfleet vm clone plc:3 line-4 --profile linux --host ada --host ben", "on two hosts"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let template = try arguments(template)
        let wanted = try FleetJSON.value(
            CloneRequest(
                name: try arguments(name), template: template.name, version: template.version,
                profile: try arguments(profile), start: !(try arguments(noStart))))
        return try await JobSubmission(session, arguments).run(
            try arguments(hosts).map {
                JobRequest(host: $0, kind: JobKindName.vmClone.rawValue, arguments: wanted)
            })
    }
}
