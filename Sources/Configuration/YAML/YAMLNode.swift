/// A place in a text; both count from 1, columns in characters.
public struct TextPosition: Equatable, Sendable {
    public var line: Int
    public var column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }
}

/// One node of a YAML document, with its place. Aliases are resolved: an aliased node keeps its anchor's place.
public struct YAMLNode: Equatable, Sendable {
    public indirect enum Content: Equatable, Sendable {
        /// - Parameter plain: written without quotes, so that it may be a number, a boolean or null.
        case scalar(String, plain: Bool)
        case sequence([YAMLNode])
        case mapping([Member])
    }

    public struct Member: Equatable, Sendable {
        public var key: String
        public var position: TextPosition
        public var value: YAMLNode
    }

    public var content: Content
    public var position: TextPosition

    var isNull: Bool {
        if case .scalar(let text, plain: true) = content { ["", "~", "null"].contains(text) } else { false }
    }

    /// The node as an error message quotes it.
    var quoted: String {
        switch content {
        case .scalar(let text, _): text.count > 60 ? "\"\(text.prefix(60))...\"" : "\"\(text)\""
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }

    func member(_ key: String) -> YAMLNode? {
        guard case .mapping(let members) = content else { return nil }
        return members.first { $0.key == key }?.value
    }
}
