/// A typed argument of a command: declared once, listed in the command, read from `ParsedArguments`.
public struct Argument<Result: Sendable>: Sendable {
    public let specification: ArgumentSpecification
    /// The value of the given words; nil when they are none that the parser lets through.
    let read: @Sendable ([String]) -> Result?
}

extension Argument where Result == Bool {
    /// `--name`, without a value.
    public static func flag(_ name: String, short: Character? = nil, _ help: String) -> Self {
        Self(specification: .flag(name, short: short, help: help), read: { !$0.isEmpty })
    }
}

extension Argument where Result: ArgumentValue {
    /// `--name VALUE`, with a value when it is absent.
    public static func option(
        _ name: String, short: Character? = nil, _ placeholder: String, _ help: String, default value: Result,
        environment: String? = nil, completion: Completion? = nil
    ) -> Self {
        Self(
            specification: .option(
                Result.self, name, short: short, placeholder, help: help, environment: environment,
                defaultText: { "\(value)" }, completion: completion),
            read: { words in words.last.map(Result.init(argument:)) ?? value })
    }

    /// `--name VALUE` that must be given.
    public static func requiredOption(
        _ name: String, short: Character? = nil, _ placeholder: String, _ help: String, completion: Completion? = nil
    ) -> Self {
        Self(
            specification: .option(
                Result.self, name, short: short, placeholder, help: help, isRequired: true, completion: completion),
            read: { $0.last.flatMap(Result.init(argument:)) })
    }

    /// A word that must be given.
    public static func positional(_ placeholder: String, _ help: String, completion: Completion? = nil) -> Self {
        Self(
            specification: .positional(
                Result.self, placeholder, help: help, isRequired: true, completion: completion),
            read: { $0.last.flatMap(Result.init(argument:)) })
    }
}

extension Argument {
    /// `--name VALUE` that may be absent.
    public static func option<Value: ArgumentValue>(
        _ name: String, short: Character? = nil, _ placeholder: String, _ help: String, environment: String? = nil,
        completion: Completion? = nil
    ) -> Self where Result == Value? {
        Self(
            specification: .option(
                Value.self, name, short: short, placeholder, help: help, environment: environment,
                completion: completion),
            read: { words in .some(words.last.flatMap(Value.init(argument:))) })
    }

    /// `--name VALUE`, as often as wanted.
    public static func options<Value: ArgumentValue>(
        _ name: String, short: Character? = nil, _ placeholder: String, _ help: String, atLeastOne: Bool = false,
        completion: Completion? = nil
    ) -> Self where Result == [Value] {
        Self(
            specification: .option(
                Value.self, name, short: short, placeholder, help: help, isRequired: atLeastOne, repeats: true,
                completion: completion),
            read: { $0.compactMap(Value.init(argument:)) })
    }

    /// All the remaining words.
    public static func positionals<Value: ArgumentValue>(
        _ placeholder: String, _ help: String, atLeastOne: Bool = true, completion: Completion? = nil
    ) -> Self where Result == [Value] {
        Self(
            specification: .positional(
                Value.self, placeholder, help: help, isRequired: atLeastOne, repeats: true, completion: completion),
            read: { $0.compactMap(Value.init(argument:)) })
    }
}
