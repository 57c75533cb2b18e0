import FleetModel

extension FleetClient {
    /// - Parameter host: an ID or name, to see only its VMs.
    public func vms(host: String? = nil) async throws(FleetClientError) -> [VMResource] {
        try await collect("vms", query: [("host", host)])
    }

    /// One VM with its latest metrics.
    public func vm(_ id: VMID) async throws(FleetClientError) -> VMResource {
        try await get(Path("vms", id.description))
    }
}
