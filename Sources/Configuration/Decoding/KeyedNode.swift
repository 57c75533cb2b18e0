/// A mapping's members, each with its default behind it.
struct KeyedNode<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: NodeDecoder
    let asked: DecodingReport.AskedKeys?
    var codingPath: [any CodingKey] { decoder.codingPath }

    var allKeys: [Key] {
        guard case .mapping(let members)? = (decoder.node ?? decoder.defaults)?.content else { return [] }
        asked?.keys.formUnion(members.map(\.key))
        return members.compactMap { Key(stringValue: $0.key) }
    }

    func contains(_ key: Key) -> Bool { given(key) != nil || standard(key) != nil }

    func decodeNil(forKey key: Key) throws -> Bool { !contains(key) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let given = given(key)
        let standard = standard(key)
        guard given != nil || standard != nil else {
            throw NodeMismatch(
                position: decoder.node?.position, path: codingPath + [key], message: "is missing and has no default")
        }
        if let given {
            do {
                return try decoder.child(given, defaults: sectionDefaults(type, standard), key: key).decode(type)
            } catch {
                decoder.report.problem(of: error, at: given, path: codingPath + [key])
            }
        }
        guard standard != nil else { throw AlreadyReported() }
        return try decoder.child(nil, defaults: standard, key: key).decode(type)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        try superDecoder(forKey: key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try superDecoder(forKey: key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { decoder }
    func superDecoder(forKey key: Key) throws -> any Decoder {
        decoder.child(given(key), defaults: standard(key), key: key)
    }

    private func given(_ key: Key) -> YAMLNode? {
        asked?.keys.insert(key.stringValue)
        guard let node = decoder.node?.member(key.stringValue), !node.isNull else { return nil }
        return node
    }

    private func standard(_ key: Key) -> YAMLNode? { decoder.defaults?.member(key.stringValue) }

    /// Only sections are merged with their defaults; a list or a map that is given replaces the default.
    private func sectionDefaults(_ type: any Decodable.Type, _ standard: YAMLNode?) -> YAMLNode? {
        type is any ConfigurationSection.Type ? standard : nil
    }
}
