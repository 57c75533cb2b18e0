/// What a word of the command line can be read as.
public protocol ArgumentValue: Sendable {
    init?(argument: String)
    /// What a good word looks like, for error messages: "a whole number".
    static var expectation: String { get }
    /// The possible words, when they are few; offered by completion and help.
    static var candidates: [String] { get }
}

extension ArgumentValue {
    public static var candidates: [String] { [] }
}

extension ArgumentValue where Self: LosslessStringConvertible {
    public init?(argument: String) { self.init(argument) }
}

extension ArgumentValue where Self: CaseIterable & RawRepresentable<String> {
    public init?(argument: String) { self.init(rawValue: argument) }
    public static var expectation: String { "one of " + candidates.joined(separator: ", ") }
    public static var candidates: [String] { allCases.map(\.rawValue) }
}

extension String: ArgumentValue {
    public static var expectation: String { "a text" }
}

extension Int: ArgumentValue {
    public static var expectation: String { "a whole number" }
}
