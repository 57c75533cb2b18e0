import AgentSetup
import CommandLineKit
import Configuration
import Drawing
import FleetModel
import HostInspection

/// `virtfleet-agent inspect`: what a machine is, without broker, controller, libvirt, configuration or root.
enum InspectCommand {
    enum Output: String, CaseIterable, ArgumentValue { case table, json, svg }

    /// Characters; three columns of IOMMU groups.
    private static let svgWidth = 150

    private static let root = Argument<String>.option(
        "root", "DIR", "Read DIR/sys, DIR/proc, DIR/etc and so on in place of this machine's", default: "/",
        completion: .files)
    private static let output = Argument<Output>.option(
        "output", short: "o", "FORMAT", "How to print what was found", default: .table)
    private static let ascii = Argument<Bool>.flag(
        "ascii", "Draw the table's pictures with nothing but ASCII characters")
    private static let profile = Argument<String?>.option(
        "for", "PROFILE", "Also answer whether this machine can run a VM of this profile: its name, or its file",
        completion: .files)

    static let command = Command(
        "inspect", "Tell what this machine is, and which of its devices a VM can have",
        discussion: """
            Reads files and changes nothing. What only root can see is named at the end (json: "limitations"), and so \
            is what cannot be told without the hypervisor.

            With --root nothing outside of DIR is read, wherever its symbolic links lead; what only the running \
            machine could tell is unknown, and what DIR does not hold is left out.

            A profile is looked for in the directories that the configuration names, or is given as a file \
            (./office.yaml).

            The table draws the processor's topology and the IOMMU groups in the width of the terminal; svg is both as \
            one picture. docs/inspection.schema.json describes the json.

            Exit status: 0 when the machine was inspected, and with --for also fits; 1 when the profile does not fit, \
            or when that cannot be seen; 2 when DIR or the profile cannot be read.
            """,
        arguments: [root.specification, output.specification, ascii.specification, profile.specification],
        examples: [
            .init("sudo virtfleet-agent inspect", "All there is to know of this machine"),
            .init("virtfleet-agent inspect --output json | jq .iommu.status", "Is the IOMMU on?"),
            .init("virtfleet-agent inspect --for office", "Can it run this profile, and if not, why?"),
            .init("virtfleet-agent inspect --output svg > machine.svg", "A picture to look at or to send"),
            .init("virtfleet-agent inspect --root ./copied-from-anna", "Look at another machine's files"),
        ]
    ) { arguments, console in
        let path = try arguments(root)
        let tree = HostRoot(path)
        guard tree.isReadable else {
            throw UsageError(
                "cannot inspect '\(path)': it is no directory that can be opened; "
                    + "--root names one that holds a machine's sys, proc, etc, ...")
        }
        let needs = try arguments(profile).map {
            try NamedProfile($0, configuration: try arguments(AgentCommand.config)).needs
        }
        let subject = InspectionSubject(
            root: tree, agentVersion: ProductVersion.current,
            imagesDirectory: AgentConfiguration.defaultStateDirectory + "/images",
            profiles: needs.map { [$0] } ?? [], includesMomentary: true)
        let inspection = HostInspector().inspection(of: subject)
        switch try arguments(output) {
        case .table:
            let text = InspectionText(console.output, ascii: try arguments(ascii))
            console.output.write(try text.text(inspection))
        case .svg: console.output.write(inspection.picture.svg(width: svgWidth))
        case .json:
            var renderer = Renderer(Inspection.presentation, format: .json)
            console.output.write(try renderer.text(.one(inspection)))
        }
        return inspection.readiness.profiles.allSatisfy { $0.answer == .fits } ? .success : .failure
    }
}
