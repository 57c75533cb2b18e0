/// The words of a command line, sorted to the arguments they belong to.
public struct ParsedArguments: Sendable {
    private var words: [String: [String]] = [:]

    init() {}

    /// The argument's value. The parser has checked it; this throws only when the command does not declare it.
    public func callAsFunction<Value>(_ argument: Argument<Value>) throws(UsageError) -> Value {
        guard let value = argument.read(words[argument.specification.name] ?? []) else {
            throw UsageError("'\(argument.specification.label)' is missing")
        }
        return value
    }

    func given(_ specification: ArgumentSpecification) -> [String] { words[specification.name] ?? [] }

    mutating func add(_ word: String, to specification: ArgumentSpecification) {
        words[specification.name, default: []].append(word)
    }
}
