import CommandLineKit
import FleetModel

enum VMExec {
    private static let words = Argument<[String]>.positionals(
        "COMMAND", "A command that the VM's profile names, and arguments where it lets them be added", atLeastOne: false
    )

    static let command = Command(
        "exec", "Run in a VM's guest what its profile allows",
        discussion: """
            The program and its arguments are those of the profile (guestCommands) that is in the VM's own definition: \
            nothing else can be run. Without COMMAND it lists what there is. With --wait the output is shown when the \
            command has ended; 'job show' has it later.
            """,
        arguments: [
            VMSelector.vm.specification, words.specification, VMSelector.host.specification,
        ] + JobSubmission.arguments,
        examples: [
            .init("virtfleet vm exec office-ada", "what may be run"),
            .init("virtfleet vm exec office-ada license-state --wait", "run it and see what it says"),
        ]
    ) { arguments, console in
        let session = try Session(arguments, console)
        let found = try await VMSelector.find(arguments, session.client)
        let words = try arguments(words)
        guard let first = words.first else {
            guard let commands = found.vm.guestCommands else {
                throw Failure(
                    """
                    what may be run in VM '\(found.vm.name)' is not known: its definition does not hold its profile, or its \
                    agent is too old to say
                    """)
            }
            try session.show(commands, as: GuestCommand.presentation)
            return .success
        }
        guard let name = ResourceName(first) else {
            throw UsageError("a command's name is \(ResourceName.expectation), not '\(first)'")
        }
        let wanted = ExecArguments(vm: found.vm.id, command: name, arguments: Array(words.dropFirst()))
        return try await JobSubmission(session, arguments).run([
            JobRequest(
                host: found.host.description, kind: JobKindName.guestExec.rawValue,
                arguments: try FleetJSON.value(wanted))
        ])
    }
}

extension GuestCommand {
    private var line: String { ([path] + arguments + (takesArguments ? ["..."] : [])).joined(separator: " ") }

    static let presentation = Presentation<GuestCommand>(
        columns: [
            Column("NAME") { Cell($0.name.description) }, Column("RUNS", mayShrink: true) { Cell($0.line) },
            Column("LIMIT", alignment: .right) { Cell("\($0.timeoutSeconds) s", raw: "\($0.timeoutSeconds)") },
        ],
        emptyHint: "the VM's profile has no guestCommands", name: \.name.description,
        details: { [DetailSection(nil, [("Name", Cell($0.name.description)), ("Runs", Cell($0.line))])] })
}
