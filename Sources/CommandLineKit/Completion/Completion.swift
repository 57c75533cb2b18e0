/// Where the words come from that the shell offers for an argument.
public enum Completion: Sendable {
    case none
    case words([String])
    case files
    /// Asked when the user presses Tab, with what the line says so far; must be quick, and empty when it cannot tell.
    case dynamic(@Sendable (ParsedArguments) async -> [Candidate])

    public struct Candidate: Equatable, Sendable {
        public let word: String
        /// Shown beside the word by shells that can.
        public let description: String

        public init(_ word: String, _ description: String = "") {
            self.word = word
            self.description = description
        }
    }
}
