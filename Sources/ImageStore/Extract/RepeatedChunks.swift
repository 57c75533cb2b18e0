/// Chunks of an image that are the same as an earlier one. Eight bytes of memory each.
struct RepeatedChunks: Sendable {
    private let chunks: [UInt32]
    private let firsts: [UInt32]

    init(of index: ChunkIndex) {
        let order = (0..<UInt32(index.count)).sorted { one, other in
            let (name, otherName) = (index.id(of: Int(one)), index.id(of: Int(other)))
            return name == otherName ? one < other : name < otherName
        }
        var found: [(chunk: UInt32, first: UInt32)] = []
        var first = order.first ?? 0
        for chunk in order.dropFirst() {
            if index.id(of: Int(chunk)) == index.id(of: Int(first)) {
                found.append((chunk, first))
            } else {
                first = chunk
            }
        }
        found.sort { $0.chunk < $1.chunk }
        chunks = found.map(\.chunk)
        firsts = found.map(\.first)
    }

    /// The first chunk that is the same; nil for one that comes first itself.
    func first(of chunk: Int) -> Int? {
        let place = chunks.partition { $0 >= chunk }
        return place < chunks.count && chunks[place] == chunk ? Int(firsts[place]) : nil
    }
}
