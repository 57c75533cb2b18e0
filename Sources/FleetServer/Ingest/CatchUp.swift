/// Gets back the retained messages that did not fit into the bus's queue: subscribing again makes the broker send them
/// again. One filter at a time, so that each answer fits. Pure.
struct CatchUp {
    private static let firstPause: Duration = .seconds(10)
    private static let longestPause: Duration = .seconds(600)

    private let filters: [String]
    private var pending: ArraySlice<String> = []
    private var dropped: UInt64 = 0
    private var pause = Self.firstPause
    private var notBefore: Duration = .zero

    init(filters: [String]) { self.filters = filters }

    /// To be asked whenever the queue is empty.
    /// - Parameters:
    ///   - total: how many messages the bus has dropped so far.
    ///   - now: the monotonic clock.
    /// - Returns: the filter to subscribe to again; nil when nothing is missing or it is too early.
    mutating func next(dropped total: UInt64, now: Duration) -> String? {
        if pending.isEmpty {
            guard total > dropped, now >= notBefore else { return nil }
            // Messages keep being dropped: more of the same would not help.
            pause = now < notBefore + pause ? min(pause * 2, Self.longestPause) : Self.firstPause
            dropped = total
            pending = filters[...]
        }
        defer { if pending.isEmpty { notBefore = now + pause } }
        return pending.popFirst()
    }
}
