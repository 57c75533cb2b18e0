import FleetModel

extension FleetClient {
    /// - Parameter host: an ID or name, to see only its VMs.
    public func vms(host: String? = nil) async throws(FleetClientError) -> [VMResource] {
        try await collect("vms", query: [("host", host)])
    }

    /// One VM with its latest metrics.
    /// - Parameter host: an ID or name, whose it must be; after a move two hosts may have it.
    public func vm(_ id: VMID, host: String? = nil) async throws(FleetClientError) -> VMResource {
        try await get(Path("vms", id.description, query: [("host", host)]))
    }
}
