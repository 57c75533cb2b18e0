/// `Content-Range: bytes FIRST-LAST/TOTAL` of a request (RFC 9110, 14.5).
struct ContentRange: Equatable {
    let first: UInt64
    let count: UInt64
    let total: UInt64

    init?(_ text: String) {
        guard let match = text.wholeMatch(of: /bytes (\d+)-(\d+)\/(\d+)/), let first = UInt64(match.1),
            let last = UInt64(match.2), let total = UInt64(match.3), first <= last, last < total
        else { return nil }
        self.first = first
        count = last - first + 1
        self.total = total
    }
}
