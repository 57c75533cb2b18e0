import Drawing
import FleetRuntime

/// A program with a tree of commands. It answers `--help`, `--version`, and the hidden calls of shells and packagers.
public struct Program: Sendable {
    let root: Command
    let version: String

    /// - Parameter root: its name is the program's; its options are accepted by every command below it.
    public init(_ root: Command, version: String) {
        self.root = root
        self.version = version
    }

    /// Runs the process's command line and ends the process.
    nonisolated(nonsending) public func main() async -> Never {
        ProcessEnd.leave(await run(Array(CommandLine.arguments.dropFirst()), console: .standard()).rawValue)
    }

    /// - Parameter words: without the program's own name.
    nonisolated(nonsending) public func run(_ words: [String], console: Console) async -> ExitCode {
        do {
            switch words.first {
            case "__complete":
                await Completer(root: root, environment: console.environment)
                    .candidates(for: Array(words.dropFirst()))
                    .forEach { console.output.line($0) }
                return .success
            case "__man":
                guard words.count == 2 else { throw UsageError("\(root.name) __man DIRECTORY") }
                try ManualPage.writeAll(of: root, version: version, into: words[1])
                return .success
            default: return try await dispatch(words, console: console)
            }
        } catch {
            // What went wrong may quote a host's words.
            let lines = "\(error)".split(separator: "\n").map { String($0).withoutControls }
            console.error.line("\(root.name): " + lines.joined(separator: "\n"))
            return (error as? any ExitCodeError)?.exitCode ?? .failure
        }
    }

    nonisolated(nonsending) private func dispatch(_ words: [String], console: Console) async throws -> ExitCode {
        if words.isEmpty, root.action == nil {
            console.error.write(HelpText(CommandPath(root: root)).text)
            return .usage
        }
        var parser = ArgumentParser(root: root, environment: console.environment)
        try parser.parse(words)
        switch parser.request {
        case .help:
            console.output.write(HelpText(parser.path).text)
            return .success
        case .version:
            console.output.line("\(root.name) \(version)")
            return .success
        case .run:
            // The parser has refused commands without an action.
            return try await parser.path.command.action?(parser.parsed, console) ?? .usage
        }
    }
}
