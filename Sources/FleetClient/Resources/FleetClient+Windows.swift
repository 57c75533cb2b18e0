import FleetModel

extension FleetClient {
    /// By name.
    public func windows() async throws(FleetClientError) -> [WindowResource] { try await collect("windows") }

    public func window(_ name: ResourceName) async throws(FleetClientError) -> WindowResource {
        try await get(Path("windows", name.description))
    }

    /// When it is open now and next.
    /// - Parameter host: whose time zone counts, where the window goes by the host's own.
    public func occurrences(
        of name: ResourceName, host: String? = nil
    ) async throws(FleetClientError) -> WindowOccurrences {
        try await get(Path("windows", name.description, "occurrences", query: [("host", host)]))
    }

    public func applyWindow(
        _ name: ResourceName, document: [String: JSONValue]
    ) async throws(FleetClientError) -> WindowApplication {
        try await send(.post, Path("windows", name.description), document)
    }

    public func removeWindow(_ name: ResourceName) async throws(FleetClientError) {
        _ = try await send(request(.delete, Path("windows", name.description)))
    }
}
