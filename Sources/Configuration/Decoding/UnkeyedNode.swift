/// A list's items. A bad item does not hide the problems of those behind it.
struct UnkeyedNode: UnkeyedDecodingContainer {
    private struct Index: CodingKey {
        let intValue: Int?
        var stringValue: String { "\(intValue ?? 0)" }
        init(intValue: Int) { self.intValue = intValue }
        init?(stringValue: String) { nil }
    }

    let items: [YAMLNode]
    let decoder: NodeDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { items.count }
    var isAtEnd: Bool { currentIndex >= items.count }
    private(set) var currentIndex = 0

    init(items: [YAMLNode], decoder: NodeDecoder) {
        self.items = items
        self.decoder = decoder
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, items[currentIndex].isNull else { return false }
        currentIndex += 1
        return true
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let item = try next()
        do {
            return try item.decode(type)
        } catch {
            decoder.report.problem(of: error, at: item.node, path: item.codingPath)
            while !isAtEnd { _ = try? decode(type) }
            throw AlreadyReported()
        }
    }

    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }

    private mutating func next() throws -> NodeDecoder {
        guard !isAtEnd else { throw decoder.mismatch("expected more items", nil) }
        defer { currentIndex += 1 }
        return decoder.child(items[currentIndex], key: Index(intValue: currentIndex))
    }
}
