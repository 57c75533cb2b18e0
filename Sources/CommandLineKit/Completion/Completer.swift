/// Answers the shells' question, the hidden call `PROGRAM __complete WORD... CURRENT`: one candidate a line, its
/// description after a tab. A line `:files` asks the shell to offer file names.
struct Completer {
    static let fileDirective = ":files"
    let root: Command
    let environment: [String: String]

    /// - Parameter words: those of the line so far, without the program; the last is the one being typed, maybe empty.
    func candidates(for words: [String]) async -> [String] {
        let current = words.last ?? ""
        var parser = ArgumentParser(root: root, environment: environment)
        for word in words.dropLast() {
            do { try parser.take(word) } catch { return [] }
        }
        if let option = parser.pending { return await values(of: option, parser, current: current) }
        if current.hasPrefix("-") {
            if let equals = current.firstIndex(of: "="), current.hasPrefix("--") {
                guard let option = parser.path.option(long: current[..<equals].dropFirst(2)) else { return [] }
                let prefix = String(current[...equals])
                let typed = String(current[current.index(after: equals)...])
                return await values(of: option, parser, current: typed).map {
                    $0 == Self.fileDirective ? $0 : prefix + $0
                }
            }
            return options(parser).filter { $0.hasPrefix(current) }
        }
        var offers: [String] = []
        if parser.expectsCommand {
            offers = parser.path.command.visibleSubcommands.filter { $0.name.hasPrefix(current) }
                .map { line($0.name, $0.summary) }
        }
        if let positional = parser.nextPositional { offers += await values(of: positional, parser, current: current) }
        return offers
    }

    private func options(_ parser: ArgumentParser) -> [String] {
        parser.path.options.filter { $0.repeats || parser.parsed.given($0).isEmpty }
            .map { line("--\($0.name)", $0.help) } + [line("--help", "Show the help")]
    }

    private func values(
        of argument: ArgumentSpecification, _ parser: ArgumentParser, current: String
    ) async -> [String] {
        switch argument.completion {
        case .none: return []
        case .files: return [Self.fileDirective]
        case .words(let words): return words.filter { $0.hasPrefix(current) }
        case .dynamic(let ask):
            var parser = parser
            // A wrong variable is no reason to refuse completion.
            try? parser.fillFromEnvironment()
            return await ask(parser.parsed).filter { $0.word.hasPrefix(current) }.map { line($0.word, $0.description) }
        }
    }

    private func line(_ word: String, _ description: String) -> String {
        description.isEmpty ? word : "\(word)\t\(description)"
    }
}
