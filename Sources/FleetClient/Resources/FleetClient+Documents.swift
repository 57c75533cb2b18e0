import FleetModel

/// Windows and policies.
extension FleetClient {
    /// By name.
    public func documents(_ kind: DocumentKind) async throws(FleetClientError) -> [DocumentResource] {
        try await collect(kind.collection)
    }

    public func document(_ kind: DocumentKind, _ name: ResourceName) async throws(FleetClientError) -> DocumentResource
    {
        try await get(Path(kind.collection, name.description))
    }

    public func applyDocument(
        _ kind: DocumentKind, _ name: ResourceName, document: [String: JSONValue]
    ) async throws(FleetClientError) -> DocumentApplication {
        try await send(.post, Path(kind.collection, name.description), document)
    }

    public func removeDocument(_ kind: DocumentKind, _ name: ResourceName) async throws(FleetClientError) {
        _ = try await send(request(.delete, Path(kind.collection, name.description)))
    }

    /// When a window is open now and next.
    /// - Parameter host: whose time zone counts, where the window goes by the host's own.
    public func occurrences(
        of window: ResourceName, host: String? = nil
    ) async throws(FleetClientError) -> WindowOccurrences {
        try await get(
            Path(DocumentKind.window.collection, window.description, "occurrences", query: [("host", host)]))
    }

    /// The hosts that a policy is about, by name, with the next times at which they carry it out.
    public func hosts(of policy: ResourceName) async throws(FleetClientError) -> [PolicyHostResource] {
        try await collect(DocumentKind.policy.collection, policy.description, "hosts")
    }
}
