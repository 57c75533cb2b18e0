import FleetModel
import FleetRuntime
import FoundationEssentials

/// What some hosts shall do by themselves: encoded once for all of them.
public struct DesiredPolicies: Equatable, Sendable {
    public let policies: PolicySet
    let text: String

    public init(_ policies: PolicySet) throws {
        self.policies = policies
        text = try FleetJSON.storedText(policies)
    }
}

extension FleetStore {
    /// How long a desired state is valid; it is signed again when half of that has passed. Longer than the times that it names
    /// reach would say nothing.
    public static let desiredLifetime: Duration = .seconds(90 * 86_400)

    /// Tells that what hosts shall do by themselves may have changed. Coalesced; listening ends when the mailbox goes.
    public nonisolated func desiredNotifications() -> Mailbox<Int64> { desires.listen() }

    /// The policies that were applied, by name.
    public func policies() throws(StoreError) -> [DocumentResource] {
        try read { try DocumentRepository(connection: $0, kind: .policy).all() }
    }

    /// The time zones that hosts have told of with their inventory, by IANA's names.
    /// - Parameter host: nil for all hosts.
    public func timeZones(of host: HostID? = nil) throws(StoreError) -> [HostID: String] {
        try read { try InventoryRepository(connection: $0).timeZones(of: host) }
    }

    /// Makes a host's desired state what it should be now: the revision grows and is stored, with the signed envelope, before
    /// anybody can publish it.
    /// - Parameters:
    ///   - keys: of those who sign now; the state names them. What others have signed is signed again.
    ///   - sign: makes the envelope.
    /// - Returns: nil when what is published is right, or when nothing has to be said.
    public func desiredToPublish(
        for host: HostID, _ wanted: DesiredPolicies, keys: [VerifyingKey],
        sign: @Sendable (DesiredState) throws -> [UInt8]
    ) throws(StoreError) -> SignedDocument? {
        guard memory.hosts.contains(host) else { return nil }
        let state: SignedDocument? = try write { connection in
            let states = SignedDocumentRepository(connection: connection, kind: .desiredState)
            let current = try states.find(host)
            let now = time.now()
            // Beyond them are states from a time when this machine's clock was ahead.
            let validity = now + Self.desiredLifetime.seconds / 2...now + Self.desiredLifetime.seconds
            let signers = try FleetJSON.storedText(keys)
            if let current, !current.envelope.isEmpty, current.content == wanted.text, current.keys == signers,
                validity.contains(current.expiresAt)
            {
                return SignedDocument(host: host, revision: current.revision, envelope: current.envelope)
            }
            if current == nil, wanted.policies.all.isEmpty,
                try HostRepository(connection: connection).trustedKeys(of: host).map({ $0 == keys })
                    ?? (keys.count == 1)
            {
                return nil
            }
            let revision = (current?.revision ?? 0) + 1
            let expiresAt = now + Self.desiredLifetime.seconds
            let envelope = try sign(
                DesiredState(
                    fleet: fleet, host: host, revision: revision, issuedAt: now, expiresAt: expiresAt,
                    policies: wanted.policies.snapshots, updates: wanted.policies.updates,
                    guestCommands: wanted.policies.guestCommands, power: wanted.policies.power, keys: keys))
            try states.put(
                .init(
                    revision: revision, expiresAt: expiresAt, content: wanted.text, keys: signers, envelope: envelope),
                of: host)
            return SignedDocument(host: host, revision: revision, envelope: envelope)
        }
        return state.flatMap { memory.publishedDesires[host] == $0.revision ? nil : $0 }
    }

    /// The broker has taken hosts' states. One call for many of them, as each waits for its turn.
    public func desiredPublished(_ states: some Sequence<SignedDocument>) {
        for state in states { memory.publishedDesires[state.host] = state.revision }
    }
}
