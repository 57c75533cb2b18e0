import CommandLineKit
import Configuration
import FleetModel
import FleetRuntime
import Glibc
import Provisioning

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
            ], subcommands: [InspectCommand.command]
        ) { arguments, console in
            let path = try arguments(config)
            let loaded = ConfigurationLoader.load(AgentConfiguration.self, path: path)
            for entry in loaded.warnings { console.error.line("warning: \(entry)") }
            for entry in loaded.problems { console.error.line("error: \(entry)") }
            let (profiles, complaints) = Profile.load(from: loaded.value.profileDirectories)
            for complaint in complaints { console.error.line("warning: \(complaint)") }
            guard loaded.problems.isEmpty else { return .usage }
            if try arguments(check) {
                console.output.line("\(path) is in order; \(profiles.count) profiles")
                return complaints.isEmpty ? .success : .failure
            }
            try await AgentAssembly(loaded.value, profiles: profiles).run()
            return .success
        }, version: ProductVersion.current)

    static func main() async { await program.main() }
}
