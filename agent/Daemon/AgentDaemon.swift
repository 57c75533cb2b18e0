import AgentSetup
import CommandLineKit
import FleetModel

/// What `virtfleet-agent` becomes when it runs.
@main
struct AgentDaemon {
    private static let config = Argument<String>.option(
        "config", short: "c", "FILE", "Configuration file", default: AgentConfiguration.defaultPath, completion: .files)

    private static let program = Program(
        Command(
            "virtfleet-agentd", "The running agent; start it as virtfleet-agent", arguments: [config.specification]
        ) { arguments, console in
            let files = AgentFiles(configuration: try arguments(config))
            files.report(to: console.error)
            guard files.areUsable else { return .usage }
            try await AgentAssembly(files.configuration, profiles: files.profiles).run()
            return .success
        }, version: ProductVersion.current)

    static func main() async { await program.main() }
}
