import FleetModel

extension FleetStore {
    /// VMs by host name and name.
    /// - Parameter host: an ID or a name; nil for all hosts.
    public func vms(host: String? = nil, after cursor: String?, limit: Int) throws(StoreError) -> Page<VMResource> {
        var page = try read { connection in
            let host = try host.map { try HostRepository(connection: connection).find($0).id }
            return try VMRepository(connection: connection).page(host: host, after: cursor, limit: limit)
        }
        for index in page.items.indices { addLastSeen(to: &page.items[index]) }
        return page
    }

    /// The VMs of some hosts, as these described them.
    public func vmDocuments(of hosts: some Sequence<HostID>) throws(StoreError) -> [HostID: [VMDocument]] {
        try read { connection in
            let vms = VMRepository(connection: connection)
            return Dictionary(
                try hosts.map { ($0, try vms.documents(of: $0)) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// One VM without its metrics.
    public func describedVM(_ id: VMID) throws(StoreError) -> VMResource {
        var vm = try read { try VMRepository(connection: $0).find(id) }
        addLastSeen(to: &vm)
        return vm
    }

    /// One VM with its latest metrics.
    public func vm(_ id: VMID) async throws(StoreError) -> VMResource {
        var vm = try describedVM(id)
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

    private func addLastSeen(to vm: inout VMResource) {
        vm.lastSeenAt = max(vm.lastSeenAt, memory.lastSeen[vm.host] ?? vm.lastSeenAt)
    }
}
