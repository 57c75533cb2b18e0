import FleetModel

extension FleetClient {
    /// Those that sign for the controller, the oldest first.
    public func keys() async throws(FleetClientError) -> [KeyResource] { try await collect("keys") }

    /// Makes the next key.
    /// - Returns: all keys.
    public func rotateKey() async throws(FleetClientError) -> [KeyResource] {
        let page: Page<KeyResource> = try await send(.post, Path("keys"), JSONValue?.none)
        return page.items
    }

    /// Gives up a key for good.
    /// - Parameter force: also while hosts trust no other.
    /// - Returns: the keys that are left.
    public func retireKey(_ id: String, force: Bool = false) async throws(FleetClientError) -> [KeyResource] {
        let page: Page<KeyResource> = try await send(
            .delete, Path("keys", id, query: [("force", force ? "true" : nil)]), JSONValue?.none)
        return page.items
    }
}
