import FoundationEssentials

/// Decodes one node. A value that cannot be read is reported and replaced by its default, so that one run finds
/// every problem; only what has no default ends its owner's decoding.
struct NodeDecoder: Decoder {
    /// What the file says; nil when it says nothing.
    let node: YAMLNode?
    /// What `init()` of the enclosing section gave.
    let defaults: YAMLNode?
    let codingPath: [any CodingKey]
    let report: DecodingReport
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(node: YAMLNode?, defaults: YAMLNode?, path: [any CodingKey], report: DecodingReport) {
        self.node = node
        self.defaults = defaults
        self.codingPath = path
        self.report = report
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        if let node, case .mapping = node.content {} else if let node { throw mismatch("expected a mapping", node) }
        let asked = node.map { DecodingReport.AskedKeys(node: $0, path: codingPath) }
        if let asked { report.track(asked) }
        return KeyedDecodingContainer(KeyedNode<Key>(decoder: self, asked: asked))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard let node = node ?? defaults else { throw mismatch("expected a list, got nothing", nil) }
        guard case .sequence(let items) = node.content else { throw mismatch("expected a list", node) }
        return UnkeyedNode(items: items, decoder: self)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

    /// Decodes a whole value: a section with its defaults and its own checks, or anything else as it is.
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        guard let section = type as? any ConfigurationSection.Type else { return try decodePlain(type) }
        let value = try decodeSection(section)
        guard let value = value as? Value else { throw mismatch("expected \(type)", node) }
        return value
    }

    private func decodeSection<Section: ConfigurationSection>(_ type: Section.Type) throws -> Section {
        let defaults = try defaults ?? Self.tree(of: Section())
        let decoder = NodeDecoder(node: node, defaults: defaults, path: codingPath, report: report)
        let section = try Section(from: decoder)
        // A section that the file does not mention is checked by its owner's `init()`; the top always is.
        if node != nil || codingPath.isEmpty {
            section.validate(SectionCheck(node: node, path: codingPath, report: report))
        }
        return section
    }

    private func decodePlain<Value: Decodable>(_ type: Value.Type) throws -> Value {
        do {
            return try Value(from: self)
        } catch  where Self.words(of: type) != nil {
            let words = Self.words(of: type) ?? []
            throw mismatch("expected one of \(words.joined(separator: ", "))", node ?? defaults)
        }
    }

    /// The raw values of an enumeration of words.
    private static func words(of type: Any.Type) -> [String]? {
        guard let type = type as? any CaseIterable.Type else { return nil }
        let words = (type.allCases as any Collection).compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        return words.isEmpty ? nil : words
    }

    /// Defaults as a tree: every JSON text is a YAML text.
    private static func tree(of section: some ConfigurationSection) throws -> YAMLNode? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return try YAMLParser.parse(Array(encoder.encode(section)))
    }

    func child(_ node: YAMLNode?, defaults: YAMLNode? = nil, key: any CodingKey) -> NodeDecoder {
        NodeDecoder(node: node, defaults: defaults, path: codingPath + [key], report: report)
    }

    func mismatch(_ expectation: String, _ node: YAMLNode?) -> NodeMismatch {
        NodeMismatch(
            position: node?.position, path: codingPath,
            message: node.map { "\(expectation), got \($0.isNull ? "nothing" : $0.quoted)" } ?? expectation)
    }
}
