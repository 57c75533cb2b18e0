import AgentSetup
import CommandLineKit
import FleetModel

@main
struct AgentCommand {
    static let config = Argument<String>.option(
        "config", short: "c", "FILE", "Configuration file", default: AgentConfiguration.defaultPath, completion: .files)
    private static let check = Argument<Bool>.flag(
        "check-config", "Print every problem of the configuration and of the profiles, and end")

    static let program = Program(
        Command(
            "virtfleet-agent", "Run the virtfleet agent of this workstation",
            discussion: """
                Connects to the local libvirt and to the fleet's MQTT broker, and carries out the jobs that the \
                controller signs.

                Exit status: 0 after a stop that was asked for, 1 when something failed that may pass, 2 when the \
                command line or the configuration is wrong.
                """,
            arguments: [config.specification, check.specification],
            examples: [
                .init("virtfleet-agent --check-config", "What is wrong with \(AgentConfiguration.defaultPath)"),
                .init("virtfleet-agent --config ./agent.yaml", "Run with another configuration"),
            ], subcommands: [InspectCommand.command, JobsCommand.command, DeferCommand.command]
        ) { arguments, console in
            let path = try arguments(config)
            guard try arguments(check) else { try DaemonProgram.become(configuration: path) }
            let files = AgentFiles(configuration: path)
            files.report(to: console.error)
            guard files.areUsable else { return .usage }
            console.output.line("\(path) is in order; \(files.profiles.count) profiles")
            return files.areFlawless ? .success : .failure
        }, version: ProductVersion.current)

    static func main() async { await program.main() }
}
