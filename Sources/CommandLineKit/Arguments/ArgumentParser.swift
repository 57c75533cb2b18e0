import FleetRuntime

/// Sorts words to arguments. It decides nothing else: what to print or run is the program's business.
struct ArgumentParser {
    enum Request: Equatable {
        case run, help, version
    }

    let environment: [String: String]
    private(set) var path: CommandPath
    private(set) var parsed = ParsedArguments()
    private(set) var request = Request.run
    private var positionalWords = 0
    private var onlyPositionals = false
    /// The option whose value is the next word.
    private(set) var pending: ArgumentSpecification?

    init(root: Command, environment: [String: String]) {
        path = CommandPath(root: root)
        self.environment = environment
    }

    mutating func parse(_ words: [String]) throws(UsageError) {
        for word in words {
            try take(word)
            if request != .run { return }
        }
        if let pending { throw fault("'\(pending.label)' needs a value") }
        if path.command.action == nil { throw fault(missingCommand) }
        try fillFromEnvironment()
        for argument in path.options + path.positionals where argument.isRequired && parsed.given(argument).isEmpty {
            throw fault("'\(argument.label)' is missing: \(argument.help)")
        }
    }

    mutating func take(_ word: String) throws(UsageError) {
        if let option = pending {
            pending = nil
            try add(word, to: option)
        } else if onlyPositionals || word == "-" || !word.hasPrefix("-") {
            try takePlain(word)
        } else if word == "--" {
            onlyPositionals = true
        } else if word.hasPrefix("--") {
            try takeLong(word.dropFirst(2))
        } else {
            try takeShort(word.dropFirst())
        }
    }

    /// The positional that the next plain word would belong to.
    var nextPositional: ArgumentSpecification? {
        let positionals = path.positionals
        if positionalWords < positionals.count { return positionals[positionalWords] }
        return positionals.last.flatMap { $0.repeats ? $0 : nil }
    }

    /// Whether a plain word could name a command here.
    var expectsCommand: Bool { positionalWords == 0 && !onlyPositionals && !path.command.subcommands.isEmpty }

    private mutating func takePlain(_ word: String) throws(UsageError) {
        if expectsCommand {
            if let command = path.command.subcommands.first(where: { $0.name == word }) {
                return path.descend(to: command)
            }
            if nextPositional == nil { throw fault(unknownCommand(word)) }
        }
        guard let positional = nextPositional else { throw fault("'\(word)' is one word too many") }
        positionalWords += 1
        try add(word, to: positional)
    }

    private mutating func takeLong(_ text: Substring) throws(UsageError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        // A command's own option comes first: `template import --version V`.
        guard let option = path.option(long: parts[0]) else {
            if text == "help" { return request = .help }
            if text == "version" { return request = .version }
            let nearest = Suggestion.nearest(to: String(parts[0]), among: path.options.map(\.name))
            throw fault("unknown option '--\(parts[0])'" + (nearest.map { "; did you mean '--\($0)'?" } ?? ""))
        }
        try take(option, value: parts.count == 2 ? parts[1] : nil)
    }

    /// `-f`, `-n VALUE`, `-nVALUE` and several flags in one word.
    private mutating func takeShort(_ letters: Substring) throws(UsageError) {
        guard let letter = letters.first else { return }
        guard let option = path.option(short: letter) else {
            if letter == "h" { return request = .help }
            throw fault("unknown option '-\(letter)'")
        }
        let rest = letters.dropFirst()
        if option.kind == .flag {
            try take(option, value: nil)
            try takeShort(rest)
        } else {
            try take(option, value: rest.isEmpty ? nil : rest)
        }
    }

    private mutating func take(_ option: ArgumentSpecification, value: Substring?) throws(UsageError) {
        if option.kind == .flag {
            if value != nil { throw fault("'\(option.label)' takes no value") }
            parsed.add("", to: option)
        } else if let value {
            try add(String(value), to: option)
        } else {
            pending = option
        }
    }

    private mutating func add(_ word: String, to argument: ArgumentSpecification) throws(UsageError) {
        if let complaint = argument.complaint(word) { throw fault("'\(argument.label)': \(complaint)") }
        if !argument.repeats, !parsed.given(argument).isEmpty { throw fault("'\(argument.label)' was given twice") }
        parsed.add(word, to: argument)
    }

    mutating func fillFromEnvironment() throws(UsageError) {
        for option in path.options where parsed.given(option).isEmpty {
            guard let variable = option.environment, let value = environment[variable], !value.isEmpty else { continue }
            if let complaint = option.complaint(value) { throw fault("\(variable) in the environment: \(complaint)") }
            parsed.add(value, to: option)
        }
    }

    private var missingCommand: String {
        "say what to do: " + path.command.visibleSubcommands.map(\.name).joined(separator: ", ")
    }

    private func unknownCommand(_ word: String) -> String {
        "unknown command '\(word)'; " + Suggestion.text(for: word, among: path.command.visibleSubcommands.map(\.name))
    }

    private func fault(_ message: String) -> UsageError {
        UsageError("\(message)\nTry '\(path.name) --help'.")
    }
}
