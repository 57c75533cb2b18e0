import FleetModel
import FoundationEssentials

extension FleetStore {
    /// Stores what arrived, in one transaction: all of it or, when this throws, nothing.
    public func commit(_ arrivals: [Arrival], refused: [RefusedPayload] = []) throws(StoreError) -> CommitOutcome {
        let (draft, changed, outcome) = try write { connection in
            var transaction = IngestTransaction(
                connection: connection, uptime: time.uptime(), memory: memory, receivers: receivers)
            try transaction.run(arrivals, refused: refused)
            return (transaction.memory, transaction.receivers, transaction.outcome)
        }
        memory = draft
        receivers.merge(changed) { $1 }
        tellReader()
        if let newest = outcome.newest { commits.announce(newest) }
        if !memory.changedJobSets.isEmpty || !memory.strays.isEmpty { intents.announce(0) }
        if outcome.desiresDiffer { desires.announce(0) }
        return outcome
    }

    /// Stores when each host was last heard of. To be called about once a minute; until then memory knows.
    public func saveLastSeen() throws(StoreError) {
        guard !memory.unsavedLastSeen.isEmpty else { return }
        try write { connection in
            for host in memory.unsavedLastSeen {
                guard let time = memory.lastSeen[host] else { continue }
                try PresenceRepository(connection: connection).setLastSeen(time, of: host)
            }
        }
        memory.unsavedLastSeen.removeAll()
    }

    /// What an online host has according to its presence, and this store has not.
    public struct Missing: Equatable, Sendable {
        public var parts: [InventoryPart]
        public var vms: Bool
    }

    /// - Returns: nil when nothing is missing, or when the host is not online to be asked.
    public func missingDocuments(of host: HostID) throws(StoreError) -> Missing? {
        try read { connection in
            guard let presence = try PresenceRepository(connection: connection).newest(of: host),
                presence.state == .online
            else { return nil }
            let digests = try InventoryRepository(connection: connection).digests(of: host)
            let parts = presence.inventory.filter { digests[$0.key] != $0.value }.keys
            let vms = try VMRepository(connection: connection).ids(of: host)
            let missing = Missing(
                parts: parts.sorted { $0.rawValue < $1.rawValue }, vms: !vms.isSuperset(of: presence.vms ?? []))
            return missing.parts.isEmpty && !missing.vms ? nil : missing
        }
    }

    /// What was refused, newest first.
    public func refusedPayloads(limit: Int) throws(StoreError) -> [RefusedPayload] {
        try read { try RefusedRepository(connection: $0).newest(limit) }
    }
}
