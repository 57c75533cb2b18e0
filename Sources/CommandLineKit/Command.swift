/// A verb, or a noun with verbs below it.
public struct Command: Sendable {
    public typealias Action = nonisolated(nonsending) @Sendable (ParsedArguments, Console) async throws -> ExitCode

    public struct Example: Sendable {
        public let line: String
        public let meaning: String
        public init(_ line: String, _ meaning: String) {
            self.line = line
            self.meaning = meaning
        }
    }

    let name: String
    let summary: String
    let discussion: String
    /// Its own arguments; those of the commands above it are accepted as well.
    let arguments: [ArgumentSpecification]
    let examples: [Example]
    let subcommands: [Command]
    /// Left out of help, manual and completion.
    let isHidden: Bool
    let action: Action?

    /// A command that does something.
    /// - Parameters:
    ///   - summary: one line without a full stop, in the imperative.
    ///   - discussion: paragraphs, separated by empty lines.
    public init(
        _ name: String, _ summary: String, discussion: String = "", arguments: [ArgumentSpecification] = [],
        examples: [Example] = [], subcommands: [Command] = [], isHidden: Bool = false, action: @escaping Action
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.arguments = arguments
        self.examples = examples
        self.subcommands = subcommands
        self.isHidden = isHidden
        self.action = action
    }

    /// A command that only leads to others.
    public init(
        _ name: String, _ summary: String, discussion: String = "", arguments: [ArgumentSpecification] = [],
        subcommands: [Command]
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.arguments = arguments
        self.examples = []
        self.subcommands = subcommands
        self.isHidden = false
        self.action = nil
    }

    var visibleSubcommands: [Command] { subcommands.filter { !$0.isHidden } }
}

/// A command and those it was reached through, root first.
struct CommandPath: Sendable {
    private(set) var commands: [Command]

    init(root: Command) { commands = [root] }

    var command: Command { commands[commands.count - 1] }
    var name: String { commands.map(\.name).joined(separator: " ") }
    /// Arguments of the commands above.
    var inherited: [ArgumentSpecification] { commands.dropLast().flatMap(\.arguments) }
    /// Every flag and option that may stand here.
    var options: [ArgumentSpecification] { commands.flatMap(\.arguments).filter { $0.kind != .positional } }
    var positionals: [ArgumentSpecification] { command.arguments.filter { $0.kind == .positional } }

    mutating func descend(to command: Command) { commands.append(command) }

    func descending(to command: Command) -> CommandPath {
        var path = self
        path.descend(to: command)
        return path
    }

    /// What every program answers by itself, as far as the command does not mean something else by it.
    var builtIn: [(option: String, help: String)] {
        [("-h, --help", "Show this help")]
            + (option(long: "version") == nil ? [("    --version", "Show the version")] : [])
    }

    func option(long name: Substring) -> ArgumentSpecification? { options.first { $0.name == name } }
    func option(short name: Character) -> ArgumentSpecification? { options.first { $0.short == name } }
}
