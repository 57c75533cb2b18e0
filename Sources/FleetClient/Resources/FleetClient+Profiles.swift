import FleetModel

extension FleetClient {
    /// The newest version of each, by name.
    public func profiles() async throws(FleetClientError) -> [ProfileResource] { try await collect("profiles") }

    /// - Parameter version: the newest when nil.
    public func profile(
        _ name: ResourceName, version: Int? = nil
    ) async throws(FleetClientError) -> ProfileResource {
        try await get(Path("profiles", name.description, query: [("version", version?.description)]))
    }

    /// Whether each host can run one more VM of the newest version, by host name.
    public func fit(of name: ResourceName) async throws(FleetClientError) -> [ProfileFitResource] {
        try await collect("profiles", name.description, "fit")
    }

    /// Makes the document the newest version, unless it is that already.
    public func applyProfile(
        _ name: ResourceName, document: [String: JSONValue]
    ) async throws(FleetClientError) -> ProfileApplication {
        try await send(.post, Path("profiles", name.description), document)
    }

    /// Removes a profile with all its versions.
    public func removeProfile(_ name: ResourceName) async throws(FleetClientError) {
        _ = try await send(request(.delete, Path("profiles", name.description)))
    }
}
