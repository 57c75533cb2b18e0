import FleetModel
import FleetRuntime
import FoundationEssentials
import SQLite

/// Makes the sets of some hosts what they should be, in one transaction.
struct JobSetStep {
    enum Outcome {
        /// Nothing has to be said.
        case nothing
        /// What is stored is right; it may still name jobs that are over.
        case stands(SignedDocument, isBehind: Bool)
        case signed(SignedDocument)
        case unsigned(any Error)
    }

    let connection: Connection
    let fleet: FleetName
    let now: Date
    /// The keys of those who sign now, as stored.
    let signers: String
    let sign: (JobSet) throws -> [UInt8]

    /// When a set expires that need not be signed again now. Beyond it are sets from a time when this machine's clock was
    /// ahead: the hosts wait for that time.
    static func validity(at now: Date) -> ClosedRange<Date> {
        now + FleetStore.jobSetLifetime.seconds / 2...now + FleetStore.jobSetLifetime.seconds
    }

    /// - Parameter wantsTime: a set is signed now in any case.
    func run(_ host: HostID, wantsTime: Bool) throws -> Outcome {
        guard try !PresenceRepository(connection: connection).isHeld(host) else { return .nothing }
        let sets = SignedDocumentRepository(connection: connection, kind: .jobSet)
        let jobs = JobRepository(connection: connection)
        let current = try sets.find(host)
        let unfinished = try jobs.unfinished(of: host)
        let (selected, text) = try JobSetSelection.select(unfinished, now: now)
        if let current, !current.envelope.isEmpty, current.keys == signers, !wantsTime,
            Self.validity(at: now).contains(current.expiresAt),
            try current.content == text || mayLag(current, behind: text, unfinished)
        {
            return .stands(
                SignedDocument(host: host, revision: current.revision, envelope: current.envelope),
                isBehind: current.content != text)
        }
        guard current != nil || !selected.isEmpty else { return .nothing }

        let revision = (current?.revision ?? 0) + 1
        let expiresAt = now + FleetStore.jobSetLifetime.seconds
        let set = JobSet(
            fleet: fleet, host: host, revision: revision, issuedAt: now, expiresAt: expiresAt, jobs: selected)
        let envelope: [UInt8]
        do { envelope = try sign(set) } catch { return .unsigned(error) }
        try sets.put(
            .init(revision: revision, expiresAt: expiresAt, content: text, keys: signers, envelope: envelope), of: host)
        try note(Set(selected.map(\.id)), in: revision, unfinished)
        return .signed(SignedDocument(host: host, revision: revision, envelope: envelope))
    }

    /// Which jobs hosts can know of from now on, and which they have to forget.
    private func note(_ present: Set<JobID>, in revision: UInt64, _ unfinished: [StoredJob]) throws {
        for var job in unfinished {
            if present.contains(job.resource.id) {
                guard job.handle(.published, at: now) || job.absentSince != nil else { continue }
                job.absentSince = nil
            } else {
                guard job.published, job.absentSince == nil else { continue }
                job.absentSince = revision
            }
            try JobRepository(connection: connection).update(job)
        }
    }

    /// Whether a young set differs from what it should be only by jobs that are over.
    private func mayLag(
        _ set: SignedDocumentRepository.Stored, behind jobs: String, _ unfinished: [StoredJob]
    ) throws -> Bool {
        let issuedAt = set.expiresAt - FleetStore.jobSetLifetime.seconds
        guard (0..<FleetStore.jobSetLag.seconds).contains(now.timeIntervalSince(issuedAt)) else { return false }
        let open = Set(unfinished.map(\.resource.id))
        let published = try FleetJSON.decode([Job].self, from: Data(set.content.utf8))
        return try FleetJSON.storedText(published.filter { open.contains($0.id) }) == jobs
    }
}
