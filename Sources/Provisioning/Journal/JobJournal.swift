import FleetModel
import FleetRuntime
import FoundationEssentials
import SQLite

/// The agent's memory of its jobs: SQLite with a synced commit for every intent, and with it the end of what came before.
/// What is not in here has not begun; what is in here is not begun twice.
public actor JobJournal {
    private nonisolated let executor: any SerialExecutor
    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    package let database: Connection
    /// The kernel's boot ID: a controller's time can be carried forward within one boot only.
    let bootID: String

    /// - Parameters:
    ///   - path: the database file; made when it is missing.
    ///   - executor: where the work is done, which blocks.
    public init(
        path: String, bootID: String, executor: any SerialExecutor = ThreadExecutor(name: "journal")
    ) throws {
        self.executor = executor
        database = try Connection(path: path, synchronous: .full)
        self.bootID = bootID
        try database.migrate(Self.migrations)
    }

    private static let selection = """
        SELECT jobs.job, report, wanted, plan, policy, told_at, begins_at, begins_uptime, boot, deferrals,
            begun_at
        FROM jobs LEFT JOIN notices ON notices.job = jobs.id
        """

    /// All jobs, in the order of their creation.
    func jobs() throws -> [JournalledJob] { try database.rows(Self.selection + " ORDER BY id").map(job) }

    /// Those without a final state, in the same order.
    func unfinished() throws -> [JournalledJob] {
        try database.rows(Self.selection + " WHERE ended = 0 ORDER BY id").map(job)
    }

    /// What this host has asked itself for by one of its policies, in the same order.
    func jobs(of policy: ResourceName) throws -> [JournalledJob] {
        try database.rows(Self.selection + " WHERE policy = ? ORDER BY id", [policy.description]).map(job)
    }

    func job(_ id: JobID) throws -> JournalledJob? {
        try database.first(Self.selection + " WHERE id = ?", [id.description]).map(job)
    }

    /// Stores the reports one after the other, each a legal successor, and queues them for the controller.
    /// - Parameters:
    ///   - done: a step of theirs whose end is stored with them, if that is still to be stored.
    ///   - isSynced: false where a loss of power may take it back.
    func move(_ reports: [JobReport], done: String? = nil, isSynced: Bool = true, at time: Date?) throws {
        func store() throws {
            if let done, let job = reports.first?.job { try mark(job, done, .done) }
            try record(reports, at: time)
        }
        if isSynced { try database.transaction(store) } else { try database.unsyncedTransaction(store) }
    }

    /// The intent of a step, and in the same synced commit the end of the one before; its job is `applying` from here on.
    /// - Parameter done: the step before, if its end is still to be stored.
    /// - Throws: `NotBegun` when the step would be the job's first and the newest job set does not want that any more.
    func intend(_ position: Int, after done: String?, _ report: JobReport, plan: JSONValue, at time: Date?) throws {
        try database.transaction {
            if let known = try job(report.job), !known.isStarted, !known.wanted || known.job.cancel { throw NotBegun() }
            if let done { try mark(report.job, done, .done) }
            try record([report], at: time)
            try database.execute(
                "UPDATE jobs SET plan = ?, begun_at = coalesce(begun_at, ?) WHERE id = ?",
                [try Self.text(plan), time, report.job.description])
            try database.execute(
                "INSERT OR REPLACE INTO steps (job, position, name, state) VALUES (?, ?, ?, ?)",
                [report.job.description, position, report.step?.name ?? "", StepRecord.intended.rawValue])
        }
    }

    /// What the person at the host is told of a job, with the report that says so.
    /// - Parameters:
    ///   - before: what was told by then; where that has changed, or the job has begun, nothing is stored.
    ///   - deferral: by which the person has changed it; queued with the report.
    /// - Returns: whether it was stored.
    func tell(
        _ notice: ToldNotice, after before: ToldNotice?, _ report: JobReport, _ deferral: JobDeferral? = nil,
        at time: Date?
    ) throws -> Bool {
        try database.transaction {
            guard let job = try job(report.job), !job.isStarted, !job.state.isTerminal, job.told == before else {
                return false
            }
            try store(notice, of: job.id)
            try record([report], deferral, at: time)
            return true
        }
    }

    private func store(_ notice: ToldNotice, of job: JobID) throws {
        try database.execute(
            """
            INSERT OR REPLACE INTO notices (job, told_at, begins_at, begins_uptime, boot, deferrals)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                job.description, notice.toldAt, notice.beginsAt, notice.beginsUptime?.seconds ?? 0, bootID,
                notice.deferrals,
            ])
    }

    /// How many jobs took their first step since then.
    func begun(since time: Date) throws -> Int {
        try database.first("SELECT count(*) FROM jobs WHERE begun_at > ?", [time])?.get(0) ?? 0
    }

    func mark(_ job: JobID, _ step: String, _ record: StepRecord) throws {
        try database.execute(
            "UPDATE steps SET state = ? WHERE job = ? AND name = ?", [record.rawValue, job.description, step])
    }

    /// By name, as an agent that was updated meanwhile may have other steps in other places; a step that was never intended is
    /// missing.
    func steps(of job: JobID) throws -> [String: StepRecord] {
        var records: [String: StepRecord] = [:]
        let rows = try database.rows(
            "SELECT name, state FROM steps WHERE job = ? ORDER BY position", [job.description])
        for row in rows { records[try row.get(0)] = StepRecord(rawValue: try row.get(1)) }
        return records
    }

    private func record(_ reports: [JobReport], _ deferral: JobDeferral? = nil, at time: Date?) throws {
        for report in reports {
            guard let before = try job(report.job) else { throw JournalError.unknownJob(report.job) }
            var machine = JobStateMachine(state: before.state, published: true)
            guard machine.handle(.reported(report.state)) != .refused else {
                throw JournalError.impossible(report.job, from: before.state, to: report.state)
            }
            guard before.report != report else { continue }
            try database.execute(
                "UPDATE jobs SET report = ?, report_key = lower(hex(randomblob(16))), ended = ? WHERE id = ?",
                [try Self.text(report), report.state.isTerminal, report.job.description])
            try queueReport(of: report.job, deferral)
        }
        if let time {
            try database.execute("UPDATE facts SET newest_time = max(coalesce(newest_time, 0), ?)", [time])
        }
    }

    /// Queues the job's newest report for the controller.
    func queueReport(of job: JobID, _ deferral: JobDeferral? = nil) throws {
        try database.execute(
            "INSERT INTO outbox (report, key, deferral) SELECT report, report_key, ? FROM jobs WHERE id = ?",
            [try deferral.map { try Self.text($0) }, job.description])
    }

    private func job(_ row: Row) throws -> JournalledJob {
        JournalledJob(
            job: try Self.read(row, 0), report: try Self.read(row, 1), wanted: try row.get(2),
            plan: try row.get(3, as: String?.self).map { try FleetJSON.decode(JSONValue.self, from: Data($0.utf8)) },
            policy: try row.get(4, as: String?.self).flatMap { ResourceName($0) }, told: try told(row),
            begunAt: try row.get(10))
    }

    private func told(_ row: Row) throws -> ToldNotice? {
        guard let toldAt = try row.get(5, as: Date?.self) else { return nil }
        let uptime: Double = try row.get(7)
        return ToldNotice(
            toldAt: toldAt, beginsAt: try row.get(6),
            beginsUptime: try row.get(8, as: String.self) == bootID ? .seconds(uptime) : nil,
            deferrals: try row.get(9))
    }

    static func read<Value: Decodable>(_ row: Row, _ column: Int) throws -> Value {
        try FleetJSON.decode(Value.self, from: Data(try row.get(column, as: String.self).utf8))
    }

    static func text(_ value: some Encodable) throws -> String {
        String(decoding: try FleetJSON.encode(value), as: UTF8.self)
    }
}

/// The journal was asked for something that cannot be; a defect, after which the job is left as it stands.
enum JournalError: Error, Equatable, CustomStringConvertible {
    case unknownJob(JobID)
    case impossible(JobID, from: JobState, to: JobState)

    var description: String {
        switch self {
        case .unknownJob(let id): "job \(id) is not in the journal"
        case .impossible(let id, let from, let to): "job \(id) cannot go from \(from.rawValue) to \(to.rawValue)"
        }
    }
}
