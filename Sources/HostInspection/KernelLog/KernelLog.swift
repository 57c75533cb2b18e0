import Glibc

/// What the kernel has said since the newest boot, oldest first: of the running machine its ring buffer, of another
/// one a captured log. Empty when neither can be read.
public struct KernelLog: Equatable, Sendable {
    public struct Message: Equatable, Sendable {
        /// Seconds since boot; absent in a captured log without them.
        public var time: Double?
        /// One line, without time and level: `DMAR: IOMMU enabled`.
        public var text: String

        public init(time: Double? = nil, text: String) {
            self.time = time
            self.text = text
        }

        /// Whether the text holds `words`, letter by letter.
        public func contains(_ words: String) -> Bool {
            // The standard library's search heeds characters of several scalars, and takes a hundred times as long.
            strstr(text, words) != nil
        }
    }

    /// A boot makes some thousands; a device that complains without end, any number.
    static let longest = 20_000

    public let messages: [Message]
    /// All of it: most words that are sought are in none.
    private let text: String

    public init(messages: [Message]) {
        self.messages = messages
        text = messages.map(\.text).joined(separator: "\n")
    }

    /// The log reaches back to the first message: what it does not tell did not happen.
    public var isComplete: Bool { messages.first?.text.hasPrefix("Linux version ") == true }

    public func contains(_ words: String) -> Bool { strstr(text, words) != nil }

    /// The first message that holds `words`.
    public func first(_ words: String) -> Message? {
        contains(words) ? messages.first { $0.contains(words) } : nil
    }
}
