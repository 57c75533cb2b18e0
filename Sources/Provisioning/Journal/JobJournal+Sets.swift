import FleetModel
import FoundationEssentials
import SQLite

extension JobJournal {
    /// How long a finished job is remembered after its expiry, lest a clock that jumped back lets it run again.
    private static let memory = Duration.seconds(30 * 86400)

    func facts() throws -> JournalFacts {
        let row = try database.first(
            "SELECT revision, digest, newest_issued_at, newest_time, stamp_date, stamp_uptime, stamp_boot FROM facts")
        guard let row else { return JournalFacts() }
        var facts = JournalFacts(
            revision: try row.get(0), digest: try row.get(1, as: String?.self).flatMap { Digest($0) })
        facts.clock = ClockSanity(newestIssuedAt: try row.get(2), newestJournalTime: try row.get(3))
        if let date = try row.get(4, as: Date?.self), let uptime = try row.get(5, as: Double?.self),
            try row.get(6, as: String?.self) == bootID
        {
            facts.clock.stamp = ClockSanity.Stamp(date: date, uptime: .seconds(uptime))
        }
        return facts
    }

    /// Takes a job set as the whole truth of what the controller wants, in one transaction.
    /// - Parameter stamp: the time that it tells; nil for one that was under way for nobody knows how long.
    /// - Returns: false for a set that is not newer than what was taken.
    func take(_ set: JobSet, digest: Digest, stamp: ClockSanity.Stamp?) throws -> Bool {
        try database.transaction {
            guard try facts().revision < set.revision else { return false }
            try database.execute(
                "UPDATE facts SET revision = ?, digest = ?, newest_issued_at = ?",
                [set.revision, digest.description, set.issuedAt])
            if let stamp {
                try database.execute(
                    "UPDATE facts SET stamp_date = ?, stamp_uptime = ?, stamp_boot = ?",
                    [stamp.date, stamp.uptime.seconds, bootID])
            }
            try database.execute("UPDATE jobs SET wanted = 0 WHERE policy IS NULL")
            for job in set.jobs { try take(job) }
            try forgetJobs(before: set.issuedAt)
            return true
        }
    }

    /// Takes a desired state as the whole truth of what the host does by itself; what was asked for that no policy wants any more,
    /// and that has not begun, is withdrawn.
    /// - Parameter configured: the keys in agent.yaml, in whose place those of the state are trusted.
    /// - Returns: false for one that is not newer than what was taken.
    func take(_ state: DesiredState, digest: Digest, configured: [VerifyingKey]) throws -> Bool {
        try database.transaction {
            guard try desiredRevision() < state.revision else { return false }
            try database.execute(
                "UPDATE facts SET desired_revision = ?, desired_digest = ?, desired = ?",
                [state.revision, digest.description, try Self.text(state)])
            if let keys = state.keys {
                try database.execute(
                    "UPDATE facts SET keys = ?, configured_keys = ?", [try Self.text(keys), try Self.text(configured)])
            }
            let policies = state.policySet.all
            for entry in try unfinished() {
                guard let name = entry.policy,
                    policies.first(where: { $0.name == name })?.asks(for: entry.job) != true
                else { continue }
                try withdraw(entry.id)
            }
            try forgetJobs(before: state.issuedAt)
            return true
        }
    }

    /// The controller's keys that count: those that a desired state has named last, unless agent.yaml has been changed since.
    /// - Parameter configured: those of agent.yaml.
    func trustedKeys(configured: [VerifyingKey]) throws -> [VerifyingKey] {
        guard let row = try database.first("SELECT configured_keys, keys FROM facts WHERE keys IS NOT NULL"),
            try Self.read(row, 0) == configured
        else { return configured }
        return try Self.read(row, 1)
    }

    private func forgetJobs(before time: Date) throws {
        try database.execute(
            "DELETE FROM jobs WHERE ended = 1 AND (wanted = 0 OR policy IS NOT NULL) AND expires_at < ?",
            [time - Self.memory.seconds])
    }

    /// The desired state that was taken last, and which gate others have to pass. One that another version of the agent took and
    /// that cannot be read any more may be taken once more, when the controller publishes it again.
    func desired(
        fleet: FleetName, host: HostID
    ) throws -> (state: DesiredState?, gate: IntentGate<DesiredState>) {
        let row = try database.first("SELECT desired_revision, desired_digest, desired FROM facts")
        guard let row, case let revision:UInt64 = try row.get(0), revision > 0 else {
            return (nil, IntentGate(fleet: fleet, host: host))
        }
        guard let digest = Digest(try row.get(1, as: String.self)), let state: DesiredState = try? Self.read(row, 2)
        else {
            try database.execute("UPDATE facts SET desired_revision = ?", [revision - 1])
            return (nil, IntentGate(fleet: fleet, host: host, revision: revision - 1))
        }
        return (state, IntentGate(fleet: fleet, host: host, revision: revision, digest: digest))
    }

    private func desiredRevision() throws -> UInt64 {
        try database.first("SELECT desired_revision FROM facts")?.get(0) ?? 0
    }

    /// A job that has not begun never does.
    func withdraw(_ id: JobID) throws {
        try database.execute("UPDATE jobs SET wanted = 0 WHERE id = ?", [id.description])
    }

    /// Has the host ask itself for a job, once.
    /// - Parameter revision: of the desired state that wants it.
    /// - Returns: whether it had not yet, and no newer state has been taken.
    func plan(_ job: Job, of policy: ResourceName, in revision: UInt64) throws -> Bool {
        guard try desiredRevision() == revision, try self.job(job.id) == nil else { return false }
        let entry = JournalledJob.received(job)
        try database.execute(
            "INSERT INTO jobs (id, job, report, wanted, expires_at, policy) VALUES (?, ?, ?, 1, ?, ?)",
            [
                job.id.description, try Self.text(job), try Self.text(entry.report), job.expiresAt, policy.description,
            ])
        return true
    }

    private func take(_ job: Job) throws {
        guard var known = try self.job(job.id) else {
            let entry = JournalledJob.received(job)
            try database.execute(
                "INSERT INTO jobs (id, job, report, wanted, expires_at) VALUES (?, ?, ?, 1, ?)",
                [job.id.description, try Self.text(job), try Self.text(entry.report), job.expiresAt])
            return
        }
        // A job is what it was when it first came, but for its place and the request to stop it.
        known.job.cancel = known.job.cancel || job.cancel
        known.job.rank = job.rank
        try database.execute(
            "UPDATE jobs SET wanted = 1, job = ? WHERE id = ?", [try Self.text(known.job), job.id.description])
        // The controller does not know the end yet, or it would not name the job: its database may be a restored one.
        if known.state.isTerminal { try queueReport(of: job.id) }
    }

    /// Reports that have not been handed over, the oldest first.
    func outbox(limit: Int) throws -> [QueuedReport] {
        try database.rows("SELECT id, report, key, deferral FROM outbox ORDER BY id LIMIT ?", [limit]).map { row in
            QueuedReport(
                id: try row.get(0), report: try Self.read(row, 1), key: try row.get(2),
                deferral: try row.get(3, as: String?.self) == nil ? nil : try Self.read(row, 3))
        }
    }

    /// Not synced: what is handed over once more has the key that it had.
    func handedOver(upTo id: Int64) throws {
        try database.unsyncedTransaction { try database.execute("DELETE FROM outbox WHERE id <= ?", [id]) }
    }
}
