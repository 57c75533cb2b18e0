import CommandLineKit
import FleetModel

/// The verbs that need to know nothing but the VM.
enum VMPower {
    static let start = command("start", "Start a VM", .vmStart)
    static let suspend = command("suspend", "Pause a VM; its memory stays", .vmSuspend)
    static let focus = command(
        "focus", "Bring a VM to the foreground: with pinning focus it gets cores of its own", .vmFocus)
    static let fix = command("fix", "Make a VM what its profile says, from its next start on", .vmFix)
    static let resume = command("resume", "Let a paused VM go on", .vmResume)

    private static func command(_ name: String, _ summary: String, _ kind: JobKindName) -> Command {
        Command(
            name, summary, arguments: VMSelector.arguments + JobSubmission.arguments
        ) { arguments, console in
            let session = try Session(arguments, console)
            let found = try await VMSelector.find(arguments, session.client)
            return try await JobSubmission(session, arguments).run([
                JobRequest(
                    host: found.host.description, kind: kind.rawValue,
                    arguments: try FleetJSON.value(VMArguments(vm: found.vm.id)))
            ])
        }
    }
}
