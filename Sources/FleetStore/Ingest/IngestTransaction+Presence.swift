import DurableStream
import FleetModel
import FleetRuntime
import FoundationEssentials

extension IngestTransaction {
    /// A host could otherwise make the whole fleet send its record again and again by claiming too much.
    private static let renewalInterval: Duration = .seconds(3600)
    /// No controller publishes that many sets; a claim above it is not believed.
    private static let plausibleRevision: UInt64 = 1 << 53

    mutating func apply(_ presence: Presence, _ arrival: Arrival) throws {
        let host = arrival.host
        let presences = PresenceRepository(connection: connection)
        let (current, earlier) = try presences.sessions(of: host)
        var former = earlier
        if let current, current != presence.session {
            // The will, or a late word, of a connection that is over says nothing about the present one.
            guard !former.contains(presence.session) else { return }
            former = (former + [current]).suffix(PresenceRepository.formerSessions)
        }
        try presences.put(presence, former: former, of: host)
        memory.restlessHosts.insert(host)
        if arrival.retained {
            // It may be old: the host's own clock is the best bound there is.
            let heard = min(presence.time, arrival.receivedAt)
            if try lastSeen(host).map({ $0 < heard }) ?? true { seen(host, at: heard) }
        }
        guard presence.state != .lost else { return }
        if let keys = presence.keys { try HostRepository(connection: connection).setTrustedKeys(keys, of: host) }
        try compare(presence, of: host)
        guard presence.state == .online else { return }
        // The empty document that said so may have come and gone while no controller was there.
        if let vms = presence.vms { try VMRepository(connection: connection).keep(only: vms, of: host) }
        outcome.arrived.insert(host)
    }

    /// Finds out what the host has and this database has not, or the other way round.
    private mutating func compare(_ presence: Presence, of host: HostID) throws {
        let receiver = try receiver(of: host)
        let evidence = RestoreEvidence(acked: presence.acked, store: memory.storeID, receiver: receiver)
        let sets = SignedDocumentRepository(connection: connection, kind: .jobSet)
        let revision = try sets.revision(of: host)
        let isAbove = presence.jobsRevision > revision && presence.jobsRevision < Self.plausibleRevision
        if isAbove {
            // The next set goes above what the host has taken; it is made when the host's record has been read.
            try sets.adopt(presence.jobsRevision, of: host)
            try PresenceRepository(connection: connection).hold(host)
        }
        let knewThisStore = presence.acked.map { $0.store == memory.storeID } ?? false
        if evidence == .restored || (isAbove && knewThisStore) { try renewStore() }
        if let acked = presence.acked, acked.store != memory.storeID { acknowledge(acked.epoch, of: host) }
        if presence.wantsTime == true {
            memory.wantingTime.insert(host)
            memory.changedJobSets.insert(host)
        }
        if isAbove || presence.jobsRevision != revision {
            memory.publishedRevisions[host] = nil
            memory.changedJobSets.insert(host)
        }
        try compareDesired(presence, of: host)
        memory.standings[host] = .init(
            jobsRevision: presence.jobsRevision, recorded: presence.recorded, acked: presence.acked)
        try settle(host)
    }

    /// A host that has taken another desired state than the newest gets that again; one that has taken a later one than there
    /// ever was here, from before a restore, gets one above it.
    private mutating func compareDesired(_ presence: Presence, of host: HostID) throws {
        let states = SignedDocumentRepository(connection: connection, kind: .desiredState)
        let revision = try states.revision(of: host)
        guard presence.desiredRevision != revision else { return }
        if presence.desiredRevision > revision, presence.desiredRevision < Self.plausibleRevision {
            try states.adopt(presence.desiredRevision, of: host)
        }
        memory.publishedDesires[host] = nil
        outcome.desiresDiffer = true
    }

    /// This database is an older copy of itself: with a new ID, every host sends all that it holds, and is held until
    /// that has been read.
    private mutating func renewStore() throws {
        if let last = memory.renewedAt, uptime < last + Self.renewalInterval { return }
        memory.storeID = try IdentityRepository(connection: connection).renew()
        memory.renewedAt = uptime
        try PresenceRepository(connection: connection).holdAll()
        for (host, standing) in memory.standings {
            memory.standings[host]?.settled = false
            if let acked = standing.acked { acknowledge(acked.epoch, of: host) }
        }
        outcome.restored = true
    }

    private func lastSeen(_ host: HostID) throws -> Date? {
        if let seen = memory.lastSeen[host] { return seen }
        return try PresenceRepository(connection: connection).lastSeen(of: host)
    }
}
