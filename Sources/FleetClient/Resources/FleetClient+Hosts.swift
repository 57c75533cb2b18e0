import FleetModel
import FoundationEssentials

extension FleetClient {
    public func hosts() async throws(FleetClientError) -> [HostResource] { try await collect("hosts") }

    /// - Parameter host: its ID or name.
    public func host(_ host: String) async throws(FleetClientError) -> HostResource {
        try await get(Path("hosts", host))
    }

    public func addHost(_ name: ResourceName) async throws(FleetClientError) -> HostRegistration {
        try await send(.post, Path("hosts"), HostRegistrationRequest(name: name))
    }

    public func changeLabels(of host: String, _ change: HostChange) async throws(FleetClientError) -> HostResource {
        try await send(.patch, Path("hosts", host), change)
    }

    public func removeHost(_ host: String) async throws(FleetClientError) {
        _ = try await send(request(.delete, Path("hosts", host)))
    }

    /// Who has what of a host, and what one more VM would get.
    /// - Parameters:
    ///   - profile: of that VM, in its newest version; none when nil.
    ///   - name: of that VM; the profile's when nil.
    public func plan(
        of host: String, profile: ResourceName? = nil, name: ResourceName? = nil
    ) async throws(FleetClientError) -> HostPlanResource {
        try await get(
            Path("hosts", host, "plan", query: [("profile", profile?.description), ("name", name?.description)]))
    }

    /// The batch that arrived last.
    public func metrics(of host: String) async throws(FleetClientError) -> MetricsResource {
        try await get(Path("hosts", host, "metrics"))
    }

    public func series(
        of host: String, key: String, vm: VMID? = nil, from: Date, to: Date
    ) async throws(FleetClientError) -> SeriesResource {
        try await get(
            Path(
                "hosts", host, "series",
                query: [
                    ("key", key), ("vm", vm?.description), ("from", FleetJSON.text(from)), ("to", FleetJSON.text(to)),
                ]))
    }
}
