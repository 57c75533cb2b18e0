import CommandLineKit
import FleetModel

enum VMImport {
    private static let export = Argument<JobID>.positional(
        "EXPORT", "The job that exported the VM, whose ID the directory has as its name", completion: .jobs)
    private static let host = Argument<String>.requiredOption(
        "host", "HOST", "The host that has the directory", completion: .hostNames)
    private static let identity = Argument<ImportIdentity>.requiredOption(
        "as", ImportIdentity.allCases.map(\.rawValue).joined(separator: "|"),
        "The same machine in another place, the same as it was earlier, or another machine with the same disks")
    private static let name = Argument<ResourceName?>.option(
        "name", "NAME", "The VM's name; the one it had if not given")
    private static let noStart = Argument<Bool>.flag("no-start", "Leave the VM switched off")
    private static let digest = Argument<Digest?>.option(
        "digest", "SHA256", "Of the export's manifest.json, when the controller does not know the export")
    private static let vm = Argument<VMID?>.option("vm", "UUID", "With --digest: the VM that is in the export")

    /// Arguments of `vm.import` as an operator knows them; the controller fills in the rest.
    private struct ImportRequest: Encodable {
        let export: JobID
        let identity: ImportIdentity
        let name: ResourceName?
        let start: Bool
        let digest: Digest?
        let vm: VMID?
    }

    static let command = Command(
        "import", "Bring a VM back from an export",
        discussion: """
            With --as move nothing of the machine's identity changes; with --as restore its generation ID does, by which \
            Windows learns that it was turned back; with --as copy UUID, MAC addresses, generation ID and TPM are new. The \
            first two are refused while the VM runs anywhere. Every file is checked against the export's manifest first.
            """,
        arguments: [
            export.specification, host.specification, identity.specification, name.specification,
            noStart.specification, digest.specification, vm.specification,
        ] + JobSubmission.arguments,
        examples: [
            .init("virtfleet vm import 01JD8G3Q2M7Y8Z5T4V6W9X0ABC --host ben --as move", "to another workstation"),
            .init("virtfleet vm import 01JD8G3Q2M7Y8Z5T4V6W9X0ABC --host ada --as copy --name test", "a second VM"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let wanted = ImportRequest(
            export: try arguments(export), identity: try arguments(identity), name: try arguments(name),
            start: !(try arguments(noStart)), digest: try arguments(digest), vm: try arguments(vm))
        return try await JobSubmission(session, arguments).run([
            JobRequest(
                host: try arguments(host), kind: JobKindName.vmImport.rawValue,
                arguments: try FleetJSON.value(wanted))
        ])
    }
}
