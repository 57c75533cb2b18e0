import FleetModel
import FoundationEssentials

/// What the broker's password file says of one host.
public struct BusCredential: Equatable, Sendable {
    public let host: HostID
    public let passwordHash: String
}

extension FleetStore {
    /// Registers a host under a new ID.
    /// - Parameter keys: the controller's that its agent.yaml names.
    /// - Throws: `conflict` when the name is taken.
    public func addHost(
        _ name: ResourceName, busPasswordHash: String, imageTokenHash: String, keys: [VerifyingKey], by author: Author
    ) throws(StoreError) -> HostResource {
        let host = try write { connection in
            let id = HostID.random()
            try HostRepository(connection: connection).add(
                id, name: name, busPasswordHash: busPasswordHash, imageTokenHash: imageTokenHash, keys: keys,
                at: time.now())
            try audit("host.add", name.description, by: author)
            return id
        }
        memory.hosts.insert(host)
        return try self.host(host.description)
    }

    /// Hosts by name.
    public nonisolated func hosts(after cursor: String?, limit: Int) async throws(StoreError) -> Page<HostResource> {
        try await reader.read { connection, ahead in
            try HostRepository(connection: connection).page(after: cursor, limit: limit).map(ahead.completed)
        }
    }

    /// One host with its inventory.
    public func host(_ idOrName: String) throws(StoreError) -> HostResource {
        try read { connection in
            var host = try HostRepository(connection: connection).find(idOrName)
            host.inventory = try InventoryRepository(connection: connection).documents(of: host.id)
            return ahead.completed(host)
        }
    }

    /// Those of them that are hosts of this fleet now.
    public func registered(among hosts: [HostID]) -> Set<HostID> { memory.hosts.intersection(hosts) }

    /// Removes a host with its VMs, inventory, jobs and metrics. Its events stay.
    public func removeHost(_ idOrName: String, by author: Author) async throws(StoreError) {
        let gone = try write { connection in
            let hosts = HostRepository(connection: connection)
            let host = try hosts.find(idOrName)
            let gone = RemovedHost(
                id: host.id, vms: try VMRepository(connection: connection).ids(of: host.id).sorted())
            try hosts.remove(host.id)
            try audit("host.remove", "\(host.name) \(host.id)", by: author)
            return gone
        }
        memory.remove(gone.id)
        receivers[gone.id] = nil
        removed.append(gone)
        intents.announce(0)
        do {
            try await series.remove(host: gone.id)
        } catch {
            // Pruning gets them in the end.
            logger.with("host", gone.id).warning("the metrics of a removed host stay for now: \(error)")
        }
    }

    public func changeLabels(of idOrName: String, _ change: HostChange, by author: Author) throws(StoreError)
        -> HostResource
    {
        try write { connection in
            let hosts = HostRepository(connection: connection)
            let host = try hosts.find(idOrName)
            var labels = host.labels
            for (key, value) in change.labels { labels[key] = value }
            try hosts.setLabels(labels, of: host.id)
            try audit("host.label", host.name.description, by: author)
        }
        desires.announce(0)
        return try host(idOrName)
    }

    /// For the broker's password file; the registered hosts in a stable order.
    public func busCredentials() throws(StoreError) -> [BusCredential] {
        try read { try HostRepository(connection: $0).busCredentials() }
    }

    /// Whether a host presents its own image token.
    /// - Parameter hash: the token's hash, made as for `addHost`.
    public func imageTokenMatches(host: HostID, hash: String) throws(StoreError) -> Bool {
        try read { connection in
            guard let stored = try HostRepository(connection: connection).imageTokenHash(of: host) else { return false }
            // In constant time, so that the answer's delay tells nothing of the hash.
            guard stored.utf8.count == hash.utf8.count else { return false }
            return zip(stored.utf8, hash.utf8).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
        }
    }
}
