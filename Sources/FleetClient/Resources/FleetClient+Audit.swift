import FleetModel

extension FleetClient {
    /// What was changed and what was refused, newest first.
    /// - Parameters:
    ///   - who: an author's name; all when nil.
    ///   - limit: how many at most; all when nil.
    public func audit(who: String? = nil, limit: Int? = nil) async throws(FleetClientError) -> [AuditResource] {
        try await collect("audit", query: [("who", who)], limit: limit)
    }
}
