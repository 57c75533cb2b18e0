import CommandLineKit
import Configuration
import FleetModel
import FleetServer
import Glibc

@main
struct ControllerCommand {
    private static let config = Argument<String>.option(
        "config", short: "c", "FILE", "Configuration file", default: ControllerConfiguration.defaultPath,
        completion: .files)
    private static let check = Argument<Bool>.flag("check-config", "Print every problem of the configuration, and end")
    private static let target = Argument<String>.positional("DIRECTORY", "A new directory for the backup")
    private static let source = Argument<String>.positional(
        "DIRECTORY", "A directory that 'backup' wrote", completion: .files)

    static let program = Program(
        Command(
            "virtfleet-controller", "Run and look after the fleet's controller",
            discussion: """
                Exit status: 0 after success or a stop that was asked for, 1 when something failed that may pass, 2 \
                when the command line or the configuration is wrong.
                """,
            arguments: [config.specification, check.specification],
            subcommands: [serve, backup, restore]
        ) { arguments, console in
            guard try arguments(check) else {
                throw UsageError("name a command: serve, backup or restore; or give --check-config")
            }
            guard try load(arguments, console) != nil else { return .usage }
            console.output.line("\(try arguments(config)) is in order")
            return .success
        }, version: ProductVersion.current)

    private static let serve = Command("serve", "Run the controller until it is told to stop") { arguments, console in
        guard let configuration = try load(arguments, console) else { return .usage }
        if try arguments(check) { return .success }
        try await ControllerAssembly(configuration).run()
        return .success
    }

    private static let backup = Command(
        "backup", "Copy database and signing key to a new directory; the controller may be running",
        arguments: [target.specification]
    ) { arguments, console in
        guard let configuration = try load(arguments, console) else { return .usage }
        try ControllerBackup.backup(configuration.state, to: try arguments(target))
        return .success
    }

    private static let restore = Command(
        "restore", "Put a backup in the place of database and signing key; the controller must be stopped",
        arguments: [source.specification]
    ) { arguments, console in
        guard let configuration = try load(arguments, console) else { return .usage }
        let store = try ControllerBackup.restore(try arguments(source), into: configuration.state)
        console.output.line("restored as store \(store); unfinished jobs wait until their hosts have reported")
        return .success
    }

    /// - Returns: nil when the configuration is wrong, which has been told.
    private static func load(
        _ arguments: ParsedArguments, _ console: Console
    ) throws -> ControllerConfiguration? {
        let loaded = ConfigurationLoader.load(ControllerConfiguration.self, path: try arguments(config))
        for entry in loaded.warnings { console.error.line("warning: \(entry)") }
        for entry in loaded.problems { console.error.line("error: \(entry)") }
        return loaded.problems.isEmpty ? loaded.value : nil
    }

    static func main() async { await program.main() }
}

extension ControllerConfiguration {
    var state: StateDirectory {
        let given = getenv("STATE_DIRECTORY").map { String(cString: $0) }
        return StateDirectory(path: stateDirectory ?? given ?? "/var/lib/virtfleet-controller")
    }
}
