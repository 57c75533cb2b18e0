import FleetModel

extension FleetStore {
    /// Events of all hosts, newest first.
    /// - Parameter host: an ID or a name; nil for all hosts.
    public nonisolated func events(
        before cursor: String? = nil, host: String? = nil, type: EventType? = nil, limit: Int
    ) async throws(StoreError) -> Page<EventResource> {
        try await reader.read { connection, _ in
            let host = try host.map { try HostRepository(connection: connection).find($0).id }
            return try EventRepository(connection: connection).page(
                before: cursor, host: host, type: type, limit: limit)
        }
    }

    /// What was committed after one commit, in commit order: the way to follow.
    public nonisolated func events(
        after commit: Int64, host: String? = nil, type: EventType? = nil, limit: Int
    ) async throws(StoreError) -> [EventResource] {
        try await reader.read { connection, _ in
            let host = try host.map { try HostRepository(connection: connection).find($0).id }
            return try EventRepository(connection: connection).following(commit, host: host, type: type, limit: limit)
        }
    }

    /// The ID of the newest commit; 0 when there is none.
    public func newestCommit() throws(StoreError) -> Int64 {
        try read { try EventRepository(connection: $0).newest() }
    }
}
