import FleetModel

/// Which of the controller's keys a host trusts, by its own word, or by the agent.yaml that it was given.
public struct HostTrust: Equatable, Sendable {
    public let name: ResourceName
    /// Nil while nobody knows.
    public let keys: [VerifyingKey]?

    /// Whether it would believe what they sign.
    public func trustsAny(of keys: [VerifyingKey]) -> Bool {
        self.keys.map { !Set($0).isDisjoint(with: keys) } ?? false
    }
}

extension FleetStore {
    /// All hosts, by name.
    public func hostTrust() throws(StoreError) -> [HostTrust] {
        try read { try HostRepository(connection: $0).trustedKeys() }
    }

    /// Others sign from now on: the documents of all hosts are looked at, and the change is recorded.
    /// - Parameter key: the ID of the one that came or went.
    public func signersChanged(_ action: String, key: String, by author: Author) throws(StoreError) {
        defer {
            memory.changedJobSets.formUnion(memory.hosts)
            intents.announce(0)
            desires.announce(0)
        }
        try write { _ in try audit(action, key, by: author) }
    }
}
