import FleetModel

extension Page {
    /// A page of at most `limit` items; one more is read to know whether another page follows.
    static func collect(
        limit: Int, read: (_ count: Int) throws -> [Item], key: (Item) -> [String]
    ) throws -> Page {
        let limit = max(1, limit)
        var items = try read(limit + 1)
        guard items.count > limit else { return Page(items: items) }
        items.removeLast(items.count - limit)
        return Page(items: items, nextCursor: try items.last.map { try Cursor.encode(key($0)) })
    }
}
