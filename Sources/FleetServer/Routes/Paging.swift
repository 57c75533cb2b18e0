/// The query of a paged collection.
enum Paging {
    static let parameters = [
        Route.Parameter(name: "cursor", summary: "`nextCursor` of the page before", schema: .string()),
        Route.Parameter(
            name: "limit",
            summary: "Items a page, \(Call.pageLimits.lowerBound) to \(Call.pageLimits.upperBound); 100 by default",
            schema: .integer),
    ]
    static let host = Route.Parameter(name: "host", summary: "Only of this host, by ID or name", schema: .string())
}
