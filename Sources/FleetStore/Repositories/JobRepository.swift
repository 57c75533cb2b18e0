import FleetModel
import FoundationEssentials
import Rollouts
import SQLite

/// One job as stored: what operators see, and what only the controller needs.
struct StoredJob {
    var resource: JobResource
    var published: Bool
    var absentSince: UInt64?
    /// It is to begin no more: its absence from the job set says so, and what has begun goes on.
    var withdrawRequested = false

    var machine: JobStateMachine { JobStateMachine(state: resource.state, published: published) }
}

/// The jobs of all hosts.
struct JobRepository {
    let connection: Connection

    private static let select = """
        SELECT jobs.id, jobs.host, hosts.name, kind, arguments, jobs.state, cancel_requested, reason, message, step, vm,
        jobs.created_at, updated_at, expires_at, published, absent_since, result, conditions, rank, policy, rollout,
        withdraw_requested
        FROM jobs JOIN hosts ON hosts.id = jobs.host
        """
    /// States that no other follows, as SQL literals.
    private static let terminal = JobState.allCases.filter(\.isTerminal).map { "'\($0.rawValue)'" }
        .joined(separator: ", ")

    func add(_ job: JobResource) throws {
        try connection.execute(
            """
            INSERT INTO jobs (id, host, kind, arguments, state, created_at, updated_at, expires_at, conditions,
            policy, rollout) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                job.id.description, job.host.description, job.kind, try FleetJSON.storedText(job.arguments),
                job.state.rawValue, job.createdAt, job.updatedAt, job.expiresAt,
                try job.conditions.map(FleetJSON.storedText), job.policy?.description,
                job.rollout?.description,
            ])
    }

    func find(_ id: JobID) throws -> StoredJob? {
        try connection.first("\(Self.select) WHERE jobs.id = ?", [id.description]).map(job)
    }

    /// What a rollout has to know of a job.
    func standing(_ id: JobID) throws -> HostStanding.AskedJob? {
        try connection.first(
            "SELECT state, expires_at, cancel_requested, reason, message FROM jobs WHERE id = ?", [id.description]
        ).map { row in
            HostStanding.AskedJob(
                state: try row.word(0), expiresAt: try row.get(1), cancelRequested: try row.get(2),
                reason: try row.get(3), message: try row.get(4))
        }
    }

    /// Newest first.
    func page(host: HostID?, state: JobState?, after cursor: String?, limit: Int) throws -> Page<JobResource> {
        let before = try cursor.map { try Cursor.decode($0, count: 1)[0] }
        return try Page.collect(limit: limit) { count in
            try connection.rows(
                """
                \(Self.select) WHERE (?1 IS NULL OR jobs.id < ?1) AND (?2 IS NULL OR jobs.host = ?2)
                AND (?3 IS NULL OR jobs.state = ?3) ORDER BY jobs.id DESC LIMIT ?4
                """,
                [before, host?.description, state?.rawValue, count]
            ).map { row in
                var resource = try job(row).resource
                // A page of them could be a megabyte.
                resource.result = nil
                return resource
            }
        } key: {
            [$0.id.description]
        }
    }

    /// The jobs of a host that are not over, in the order of their turns.
    func unfinished(of host: HostID) throws -> [StoredJob] {
        try connection.rows(
            """
            \(Self.select) WHERE jobs.host = ? AND jobs.state NOT IN (\(Self.terminal))
            ORDER BY rank IS NULL, rank, jobs.id
            """,
            [host.description]
        ).map(job)
    }

    func rank(_ id: JobID, _ rank: Int) throws {
        try connection.execute("UPDATE jobs SET rank = ? WHERE id = ?", [rank, id.description])
    }

    /// Hosts that have, or should have, a job set.
    func hostsWithJobSets() throws -> [HostID] {
        try connection.rows("SELECT host FROM job_sets UNION SELECT host FROM jobs").map { try $0.id(0) }
    }

    /// The jobs that are not over and that hosts may know of.
    func published() throws -> [StoredJob] {
        try connection.rows("\(Self.select) WHERE published AND jobs.state NOT IN (\(Self.terminal))").map(job)
    }

    /// The jobs that are not over and whose expiry has passed.
    func overdue(at time: Date) throws -> [StoredJob] {
        try connection.rows(Self.overdueSQL, [time]).map(job)
    }

    static let overdueSQL = """
        \(select) WHERE expires_at <= ? AND jobs.state NOT IN (\(terminal))
        """

    /// Stores all that changes in a job's life.
    func update(_ job: StoredJob) throws {
        let resource = job.resource
        try connection.execute(
            """
            UPDATE jobs SET state = ?, published = ?, cancel_requested = ?, absent_since = ?, withdraw_requested = ?, reason = ?,
            message = ?, step = ?, vm = ?, result = ?, updated_at = ? WHERE id = ?
            """,
            [
                resource.state.rawValue, job.published, resource.cancelRequested, job.absentSince,
                job.withdrawRequested, resource.reason, resource.message, try resource.step.map(FleetJSON.storedText),
                resource.vm?.description,
                try resource.result.map(FleetJSON.storedText), resource.updatedAt, resource.id.description,
            ])
    }

    private func job(_ row: Row) throws -> StoredJob {
        StoredJob(
            resource: JobResource(
                id: try row.id(0), host: try row.id(1), hostName: try row.id(2), kind: try row.get(3),
                arguments: try row.json(4), state: try row.word(5), cancelRequested: try row.get(6),
                reason: try row.get(7), message: try row.get(8), step: try row.optionalJSON(9),
                vm: try row.optionalID(10), result: try row.optionalJSON(16), createdAt: try row.get(11),
                updatedAt: try row.get(12),
                expiresAt: try row.get(13), conditions: try row.optionalJSON(17),
                rank: try row.get(18), policy: try row.optionalID(19),
                rollout: try row.optionalID(20)),
            published: try row.get(14), absentSince: try row.get(15),
            withdrawRequested: try row.get(21))
    }
}
