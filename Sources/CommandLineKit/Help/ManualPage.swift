import FoundationEssentials

/// Manual pages in man(7), one per command, from the same declarations as the help.
enum ManualPage {
    /// Writes `program.1`, `program-noun.1`, `program-noun-verb.1`, ... into a directory, which is made if need be.
    static func writeAll(of root: Command, version: String, into directory: String) throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        for path in paths(from: CommandPath(root: root)) {
            let file = directory + "/" + name(path) + ".1"
            try Data(text(path, version: version).utf8).write(to: URL(filePath: file))
        }
    }

    static func text(_ path: CommandPath, version: String) -> String {
        let command = path.command
        var lines = [
            ".TH \(quoted(name(path).uppercased())) 1 \"\" \(quoted("\(path.commands[0].name) \(version)"))",
            ".SH NAME", "\(escaped(name(path))) \\- \(escaped(lowercasedFirst(command.summary)))",
            ".SH SYNOPSIS", ".B \(escaped(HelpText(path).usage))",
        ]
        if !command.discussion.isEmpty {
            lines.append(".SH DESCRIPTION")
            lines.append(
                command.discussion.split(separator: "\n\n").map { escaped(String($0)) }.joined(separator: "\n.PP\n"))
        }
        lines += section("COMMANDS", command.visibleSubcommands.map { ($0.name, $0.summary) })
        lines += section("ARGUMENTS", path.positionals.map { ($0.name, HelpText.explain($0)) })
        lines += section(
            "OPTIONS",
            path.options.map { option in
                ((option.short.map { "-\($0), " } ?? "") + option.label, HelpText.explain(option))
            } + path.builtIn.map { ($0.option.replacing("    ", with: ""), $0.help) })
        lines += section("EXAMPLES", command.examples.map { ($0.line, $0.meaning) })
        let related = path.commands.count > 1 ? [CommandPath(root: path.commands[0])] : []
        let children = command.visibleSubcommands.map { path.descending(to: $0) }
        if !(related + children).isEmpty {
            lines.append(".SH SEE ALSO")
            lines.append((related + children).map { ".BR \(escaped(name($0))) (1)" }.joined(separator: "\n"))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func paths(from path: CommandPath) -> [CommandPath] {
        [path] + path.command.visibleSubcommands.flatMap { paths(from: path.descending(to: $0)) }
    }

    private static func name(_ path: CommandPath) -> String { path.commands.map(\.name).joined(separator: "-") }

    private static func section(_ title: String, _ rows: [(String, String)]) -> [String] {
        guard !rows.isEmpty else { return [] }
        return [".SH \(title)"] + rows.flatMap { [".TP", ".B \(escaped($0.0))", escaped($0.1)] }
    }

    private static func lowercasedFirst(_ text: String) -> String { text.prefix(1).lowercased() + text.dropFirst() }

    /// A line of text that roff prints as it stands.
    private static func escaped(_ text: String) -> String {
        var result = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
        if result.hasPrefix(".") || result.hasPrefix("'") { result = "\\&" + result }
        return result.replacing("\n.", with: "\n\\&.").replacing("\n'", with: "\n\\&'")
    }

    private static func quoted(_ text: String) -> String { "\"" + escaped(text).replacing("\"", with: "\\(dq") + "\"" }
}
