/// Why a text is not a YAML document that this module reads.
public struct YAMLError: Error, Equatable, Sendable {
    public var position: TextPosition?
    public var message: String
}

/// What a document may cost; a configuration needs a hundredth of it.
public struct YAMLLimits: Sendable {
    public var bytes = 1 << 20
    /// Of mappings and lists inside each other.
    public var depth = 32
    /// Nodes, those that aliases repeat counted each time.
    public var nodes = 20_000

    public init() {}
}
