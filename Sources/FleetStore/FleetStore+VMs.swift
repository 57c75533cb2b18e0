import FleetModel

extension FleetStore {
    /// VMs by host name and name.
    /// - Parameter host: an ID or a name; nil for all hosts.
    public nonisolated func vms(
        host: String? = nil, after cursor: String?, limit: Int
    ) async throws(StoreError) -> Page<VMResource> {
        try await reader.read { connection, ahead in
            let host = try host.map { try HostRepository(connection: connection).find($0).id }
            return try VMRepository(connection: connection).page(host: host, after: cursor, limit: limit)
                .map(ahead.completed)
        }
    }

    /// The VMs of some hosts, as these described them.
    public nonisolated func vmDocuments(of hosts: [HostID]) async throws(StoreError) -> [HostID: [VMDocument]] {
        try await reader.read { connection, _ in
            let vms = VMRepository(connection: connection)
            return Dictionary(
                try hosts.map { ($0, try vms.documents(of: $0)) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// One VM without its metrics.
    /// - Parameter host: whose, when it has such a VM.
    public nonisolated func describedVM(_ id: VMID, on host: HostID? = nil) async throws(StoreError) -> VMResource {
        try await reader.read { connection, ahead in
            ahead.completed(try VMRepository(connection: connection).find(id, on: host))
        }
    }

    /// A VM as each host that has it described it.
    public nonisolated func describedVMs(_ id: VMID) async throws(StoreError) -> [VMResource] {
        try await reader.read { connection, ahead in
            try VMRepository(connection: connection).all(id).map(ahead.completed)
        }
    }

    /// One VM with its latest metrics.
    /// - Parameter host: an ID or a name, that must have it; nil for the host heard of last.
    public nonisolated func vm(_ id: VMID, on host: String? = nil) async throws(StoreError) -> VMResource {
        var vm = try await reader.read { connection, ahead in
            let wanted = try host.map { try HostRepository(connection: connection).find($0).id }
            let found = try VMRepository(connection: connection).find(id, on: wanted)
            guard wanted == nil || found.host == wanted else {
                throw StoreError.notFound(kind: "VM", name: "\(id) on host \(host ?? "")")
            }
            return ahead.completed(found)
        }
        if let latest = try await series.latest(of: vm.host), let metrics = latest.batch.vms[id] {
            vm.metrics = metrics
            vm.metricsAt = latest.receivedAt
        }
        return vm
    }

    /// UUIDs, MAC addresses and generation IDs that more than one VM of the fleet has.
    public func sharedVMIdentities() throws(StoreError) -> Int {
        try read { try VMIdentityRepository(connection: $0).sharedCount() }
    }
}
