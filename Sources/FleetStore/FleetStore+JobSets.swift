import FleetModel
import FleetRuntime
import FoundationEssentials

/// A document that is signed, stored and ready to be published.
public struct SignedDocument: Equatable, Sendable {
    public var host: HostID
    public var revision: UInt64
    /// The envelope as it travels.
    public var envelope: [UInt8]
}

extension FleetStore {
    /// How long a set is valid; it is signed again when half of that has passed.
    public static let jobSetLifetime: Duration = .seconds(14 * 86400)
    /// How long a set may go on naming jobs that are over. A host gets one set a second at most: the end of a job does
    /// not use up the second in which the next one is asked for.
    public static let jobSetLag: Duration = .seconds(10)

    /// When a set expires that need not be signed again now. Beyond it are sets from a time when this machine's clock was
    /// ahead: the hosts wait for that time.
    private static func validity(at now: Date) -> ClosedRange<Date> {
        now + jobSetLifetime.seconds / 2...now + jobSetLifetime.seconds
    }

    /// Tells that `takeChangedJobSets` has something to give. Coalesced; listening ends when the mailbox goes.
    public nonisolated func jobSetNotifications() -> Mailbox<Int64> { intents.listen() }

    /// The hosts whose job set may differ from what is published; each is told once.
    public func takeChangedJobSets() -> Set<HostID> {
        defer { memory.changedJobSets.removeAll() }
        return memory.changedJobSets
    }

    /// Makes a host's job set what it should be now: the revision grows and is stored, with the signed envelope, before
    /// anybody can publish it.
    /// - Parameters:
    ///   - keys: of those who sign now; what others have signed is signed again.
    ///   - sign: makes the envelope.
    /// - Returns: nil when what is published is right, when nothing has to be said, or while the host is held.
    public func jobSetToPublish(
        for host: HostID, keys: [VerifyingKey], sign: @Sendable (JobSet) throws -> [UInt8]
    ) throws(StoreError) -> SignedDocument? {
        guard memory.hosts.contains(host) else { return nil }
        let set: SignedDocument? = try write { connection in
            guard try !PresenceRepository(connection: connection).isHeld(host) else { return nil }
            let sets = SignedDocumentRepository(connection: connection, kind: .jobSet)
            let jobs = JobRepository(connection: connection)
            let now = time.now()
            let current = try sets.find(host)
            let unfinished = try jobs.unfinished(of: host)
            let selected = try JobSetSelection.select(unfinished, now: now)
            let text = try FleetJSON.storedText(selected)
            let signers = try FleetJSON.storedText(keys)
            if let current, !current.envelope.isEmpty, current.keys == signers,
                Self.validity(at: now).contains(current.expiresAt), !memory.wantingTime.contains(host),
                try current.content == text || mayLag(current, behind: text, unfinished, now: now)
            {
                if current.content != text { memory.laggingJobSets[host] = time.monotonic() + Self.jobSetLag }
                return SignedDocument(host: host, revision: current.revision, envelope: current.envelope)
            }
            guard current != nil || !selected.isEmpty else { return nil }

            memory.wantingTime.remove(host)
            let revision = (current?.revision ?? 0) + 1
            let expiresAt = now + Self.jobSetLifetime.seconds
            let envelope = try sign(
                JobSet(
                    fleet: fleet, host: host, revision: revision, issuedAt: now, expiresAt: expiresAt, jobs: selected))
            try sets.put(
                .init(revision: revision, expiresAt: expiresAt, content: text, keys: signers, envelope: envelope),
                of: host)
            let present = Set(selected.map(\.id))
            for var job in unfinished {
                if present.contains(job.resource.id) {
                    guard job.handle(.published, at: now) || job.absentSince != nil else { continue }
                    job.absentSince = nil
                } else {
                    guard job.published, job.absentSince == nil else { continue }
                    job.absentSince = revision
                }
                try jobs.update(job)
            }
            return SignedDocument(host: host, revision: revision, envelope: envelope)
        }
        return set.flatMap { memory.publishedRevisions[host] == $0.revision ? nil : $0 }
    }

    /// Whether a young set differs from what it should be only by jobs that are over.
    private func mayLag(
        _ set: SignedDocumentRepository.Stored, behind jobs: String, _ unfinished: [StoredJob], now: Date
    ) throws -> Bool {
        let issuedAt = set.expiresAt - Self.jobSetLifetime.seconds
        guard (0..<Self.jobSetLag.seconds).contains(now.timeIntervalSince(issuedAt)) else { return false }
        let open = Set(unfinished.map(\.resource.id))
        let published = try FleetJSON.decode([Job].self, from: Data(set.content.utf8))
        return try FleetJSON.storedText(published.filter { open.contains($0.id) }) == jobs
    }

    /// The broker has taken a host's set.
    public func jobSetPublished(_ set: SignedDocument) { memory.publishedRevisions[set.host] = set.revision }

    /// Moves jobs whose time has passed, and finds sets that must be made or signed again. To be called about once a
    /// second.
    public func tickJobs() throws(StoreError) {
        let now = time.now()
        let (overdue, outdated) = try read { connection in
            let overdue = try JobRepository(connection: connection).overdue(at: now).filter {
                var job = $0
                return job.handle(.expired, at: now)
            }
            let outdated = try SignedDocumentRepository(connection: connection, kind: .jobSet).hosts(
                notExpiringWithin: Self.validity(at: now))
            return (overdue, outdated)
        }
        if !overdue.isEmpty {
            try write { connection in
                for var job in overdue {
                    job.handle(.expired, at: now)
                    try JobRepository(connection: connection).update(job)
                }
            }
        }
        let monotonic = time.monotonic()
        let lagging = memory.laggingJobSets.filter { $0.value <= monotonic }.keys
        for host in lagging { memory.laggingJobSets[host] = nil }
        for host in Set(overdue.map(\.resource.host)).union(outdated).union(lagging) { intend(for: host) }
    }

    /// The retained documents that the broker still holds of hosts that were removed; each is told once.
    public func takeRemovedHosts() -> [RemovedHost] {
        defer { removed.removeAll() }
        return removed
    }

    /// The topics of hosts that are not registered, of which the broker keeps something: the will of one that was removed, or what was to
    /// be cleared when the controller died. Each is told once.
    public func takeStrayTopics() -> Set<String> {
        defer { memory.strays.removeAll() }
        return memory.strays
    }

    /// A host's job set may differ from what was last published.
    func intend(for host: HostID) {
        memory.changedJobSets.insert(host)
        memory.restlessHosts.insert(host)
        intents.announce(0)
    }
}

/// A host that was removed, and the VMs it had documents of.
public struct RemovedHost: Equatable, Sendable {
    public var id: HostID
    public var vms: [VMID]
}
