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

/// What came of making some hosts' sets.
public struct JobSetBatch: Sendable {
    /// In the order of the hosts that were named.
    public var sets: [SignedDocument] = []
    /// Hosts whose set could not be signed; nothing of them has changed.
    public var failures: [HostID: any Error] = [:]
}

extension FleetStore {
    /// How long a set is valid; it is signed again when half of that has passed.
    public static let jobSetLifetime: Duration = .seconds(14 * 86400)
    /// How long a set may go on naming jobs that are over. A host gets one set a second at most: the end of a job does
    /// not use up the second in which the next one is asked for.
    public static let jobSetLag: Duration = .seconds(10)

    /// Tells that `takeChangedJobSets` has something to give. Coalesced; listening ends when the mailbox goes.
    public nonisolated func jobSetNotifications() -> Mailbox<Int64> { intents.listen() }

    /// The hosts whose job set may differ from what is published; each is told once.
    public func takeChangedJobSets() -> Set<HostID> {
        defer { memory.changedJobSets.removeAll() }
        return memory.changedJobSets
    }

    /// Makes hosts' job sets what they should be now, all in one transaction: the revisions grow and are stored, with the signed
    /// envelopes, before anybody can publish them.
    /// - Parameters:
    ///   - keys: of those who sign now; what others have signed is signed again.
    ///   - sign: makes the envelope.
    /// - Returns: those that the broker does not have yet; none for a host of which what is published is right, which has
    ///   nothing to be told, or which is held.
    public func jobSetsToPublish(
        for hosts: some Sequence<HostID>, keys: [VerifyingKey], sign: @escaping @Sendable (JobSet) throws -> [UInt8]
    ) throws(StoreError) -> JobSetBatch {
        let hosts = hosts.filter(memory.hosts.contains)
        guard !hosts.isEmpty else { return JobSetBatch() }
        let now = time.now()
        var batch = JobSetBatch()
        var lagging: [HostID] = []
        var signed: [HostID] = []
        let wantingTime = memory.wantingTime
        try write { connection in
            let step = JobSetStep(
                connection: connection, fleet: fleet, now: now, signers: try FleetJSON.storedText(keys), sign: sign)
            for host in hosts {
                switch try step.run(host, wantsTime: wantingTime.contains(host)) {
                case .nothing: break
                case .stands(let set, let isBehind):
                    batch.sets.append(set)
                    if isBehind { lagging.append(host) }
                case .signed(let set):
                    batch.sets.append(set)
                    signed.append(host)
                case .unsigned(let error): batch.failures[host] = error
                }
            }
        }
        memory.wantingTime.subtract(signed)
        for host in lagging { memory.laggingJobSets[host] = time.monotonic() + Self.jobSetLag }
        batch.sets.removeAll { memory.publishedRevisions[$0.host] == $0.revision }
        return batch
    }

    /// The broker has taken hosts' sets. One call for many of them, as each waits for its turn.
    public func jobSetsPublished(_ sets: some Sequence<SignedDocument>) {
        for set in sets { memory.publishedRevisions[set.host] = set.revision }
    }

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
                notExpiringWithin: JobSetStep.validity(at: now))
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
