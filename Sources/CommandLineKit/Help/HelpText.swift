/// What `--help` prints: 80 columns, plain text.
struct HelpText {
    private static let width = 80
    private let path: CommandPath

    init(_ path: CommandPath) { self.path = path }

    var text: String {
        let command = path.command
        var sections = [[command.summary + "."], usageLines]
        for paragraph in command.discussion.split(separator: "\n\n") {
            sections.append(Self.wrap(String(paragraph), indent: 0))
        }
        sections.append(list("Commands", command.visibleSubcommands.map { ($0.name, $0.summary) }))
        sections.append(list("Arguments", path.positionals.map { ($0.name, Self.explain($0)) }))
        sections.append(list("Options", command.arguments.filter { $0.kind != .positional }.map(row)))
        sections.append(
            list(
                path.commands.count == 1 ? "Further options" : "Common options",
                path.inherited.filter { $0.kind != .positional }.map(row) + path.builtIn.map { ($0.option, $0.help) }))
        sections.append(examples)
        return sections.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
    }

    private var usageLines: [String] {
        let label = "Usage: "
        var lines = Self.wrap(usage, indent: label.count)
        lines[0] = label + lines[0].dropFirst(label.count)
        return lines
    }

    var usage: String {
        var words = [path.name]
        if path.options.contains(where: { !$0.isRequired }) { words.append("[OPTIONS]") }
        words += path.options.filter(\.isRequired).map { $0.label + ($0.repeats ? "..." : "") }
        words += path.positionals.map { argument in
            let name = argument.name + (argument.repeats ? "..." : "")
            return argument.isRequired ? name : "[\(name)]"
        }
        if !path.command.subcommands.isEmpty { words.append(path.command.action == nil ? "COMMAND" : "[COMMAND]") }
        return words.joined(separator: " ")
    }

    private var examples: [String] {
        guard !path.command.examples.isEmpty else { return [] }
        return ["Examples:"]
            + path.command.examples.flatMap { ["  # \($0.meaning)", "  \($0.line)"] }
    }

    private func row(_ option: ArgumentSpecification) -> (String, String) {
        ((option.short.map { "-\($0), " } ?? "    ") + option.label, Self.explain(option))
    }

    /// The help with what else there is to know: choices, default, environment, repetition.
    static func explain(_ argument: ArgumentSpecification) -> String {
        var notes: [String] = []
        if case .words(let words) = argument.completion, !words.isEmpty {
            notes.append("one of " + words.joined(separator: ", "))
        }
        if let text = argument.defaultText() { notes.append("default \(text)") }
        if let variable = argument.environment { notes.append("environment \(variable)") }
        if argument.repeats { notes.append("repeatable") }
        return argument.help + (notes.isEmpty ? "" : " (" + notes.joined(separator: "; ") + ")")
    }

    private func list(_ title: String, _ rows: [(String, String)]) -> [String] {
        guard !rows.isEmpty else { return [] }
        let column = min(rows.map(\.0.count).max() ?? 0, 28) + 4
        var lines = [title + ":"]
        for (left, right) in rows {
            var wrapped = Self.wrap(right, indent: column)
            let head = "  " + left
            if head.count + 2 <= column {
                let first = wrapped.removeFirst()
                lines.append(head + first.dropFirst(head.count))
            } else {
                lines.append(head)
            }
            lines += wrapped
        }
        return lines
    }

    private static func wrap(_ text: String, indent: Int) -> [String] {
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var line = margin
        for word in text.split(whereSeparator: \.isWhitespace) {
            if line.count > indent, line.count + 1 + word.count > width {
                lines.append(line)
                line = margin
            }
            line += (line.count > indent ? " " : "") + word
        }
        return lines + [line]
    }
}
