import FleetModel

extension FleetClient {
    /// Committed events, newest first.
    /// - Parameters:
    ///   - host: an ID or name.
    ///   - limit: how many at most; all when nil.
    public func events(
        host: String? = nil, type: EventType? = nil, limit: Int? = nil
    ) async throws(FleetClientError) -> [EventResource] {
        try await collect("events", query: [("host", host), ("type", type?.rawValue)], limit: limit)
    }

    /// Hands on every event as it is committed, until the task is cancelled. A broken connection is made again and
    /// goes on after the last event: nothing is missed, nothing comes twice.
    /// - Parameters:
    ///   - last: the ID of the last event seen; without it, what is committed from now on.
    ///   - onInterruption: called once for each time the connection is lost.
    ///   - onEvent: called in commit order, on the transfer's thread; while it works the controller waits.
    /// - Throws: when the first connection fails, when an answer makes no sense, and whatever `onEvent` throws.
    public func followEvents(
        host: String? = nil, type: EventType? = nil, after last: Int64? = nil,
        onInterruption: @escaping @Sendable (FleetClientError) -> Void = { _ in },
        onEvent: @escaping @Sendable (EventResource) throws -> Void
    ) async throws {
        var follower = EventFollower(
            client: self, path: Path("events", "stream", query: [("host", host), ("type", type?.rawValue)]),
            onInterruption: onInterruption, onEvent: onEvent)
        try await follower.run(after: last)
    }
}
