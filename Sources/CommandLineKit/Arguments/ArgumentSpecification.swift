import FleetRuntime

/// How an argument is written, without its type: all that parser, help, completion and manual need.
public struct ArgumentSpecification: Sendable {
    enum Kind: Equatable, Sendable {
        case flag, option, positional
    }

    let kind: Kind
    /// The long name of a flag or option without dashes, or the placeholder of a positional.
    let name: String
    let short: Character?
    /// What stands for the value in the help.
    let placeholder: String
    let help: String
    let isRequired: Bool
    let repeats: Bool
    /// The environment variable that stands in for an absent option.
    let environment: String?
    /// Asked for help alone: to describe a value takes longer than to parse a command line.
    let defaultText: @Sendable () -> String?
    let completion: Completion
    /// What is wrong with a word; nil when it can be read.
    let complaint: @Sendable (String) -> String?

    /// As messages name it: `--output FORMAT`, `--force`, `NAME`.
    var label: String {
        switch kind {
        case .flag: "--\(name)"
        case .option: "--\(name) \(placeholder)"
        case .positional: name
        }
    }

    static func flag(_ name: String, short: Character?, help: String) -> ArgumentSpecification {
        ArgumentSpecification(
            kind: .flag, name: name, short: short, placeholder: "", help: help, isRequired: false, repeats: false,
            environment: nil, defaultText: { nil }, completion: .none, complaint: { _ in nil })
    }

    static func option<Value: ArgumentValue>(
        _ type: Value.Type, _ name: String, short: Character?, _ placeholder: String, help: String,
        isRequired: Bool = false, repeats: Bool = false, environment: String? = nil,
        defaultText: @escaping @Sendable () -> String? = { nil },
        completion: Completion?
    ) -> ArgumentSpecification {
        ArgumentSpecification(
            kind: .option, name: name, short: short, placeholder: placeholder, help: help, isRequired: isRequired,
            repeats: repeats, environment: environment, defaultText: defaultText,
            completion: completion ?? .words(Value.candidates), complaint: complaint(type))
    }

    static func positional<Value: ArgumentValue>(
        _ type: Value.Type, _ placeholder: String, help: String, isRequired: Bool, repeats: Bool = false,
        completion: Completion?
    ) -> ArgumentSpecification {
        ArgumentSpecification(
            kind: .positional, name: placeholder, short: nil, placeholder: placeholder, help: help,
            isRequired: isRequired, repeats: repeats, environment: nil, defaultText: { nil },
            completion: completion ?? .words(Value.candidates), complaint: complaint(type))
    }

    private static func complaint<Value: ArgumentValue>(_ type: Value.Type) -> @Sendable (String) -> String? {
        { word in
            guard Value(argument: word) == nil else { return nil }
            let nearest = Suggestion.nearest(to: word, among: Value.candidates)
            return "expected \(Value.expectation), got '\(word)'" + (nearest.map { "; did you mean '\($0)'?" } ?? "")
        }
    }
}
