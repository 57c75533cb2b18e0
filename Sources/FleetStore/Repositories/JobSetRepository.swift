import FleetModel
import FoundationEssentials
import SQLite

/// The newest job set of each host.
struct JobSetRepository {
    let connection: Connection

    struct Stored {
        var revision: UInt64
        var expiresAt: Date
        /// The jobs as JSON, to compare with what they should be now.
        var jobs: String
        /// Empty when a revision above ours was seen and no set has been made since.
        var envelope: [UInt8]
    }

    func find(_ host: HostID) throws -> Stored? {
        let row = try connection.first(
            "SELECT revision, expires_at, jobs, envelope FROM job_sets WHERE host = ?", [host.description])
        return try row.map {
            Stored(revision: try $0.get(0), expiresAt: try $0.get(1), jobs: try $0.get(2), envelope: try $0.get(3))
        }
    }

    func put(_ set: Stored, of host: HostID) throws(SQLiteError) {
        try connection.execute(
            """
            INSERT INTO job_sets (host, revision, expires_at, jobs, envelope) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (host) DO UPDATE SET revision = excluded.revision, expires_at = excluded.expires_at,
            jobs = excluded.jobs, envelope = excluded.envelope
            """,
            [host.description, set.revision, set.expiresAt, set.jobs, set.envelope])
    }

    func revision(of host: HostID) throws -> UInt64 {
        try connection.first("SELECT revision FROM job_sets WHERE host = ?", [host.description])?.get(0) ?? 0
    }

    /// Hosts whose set must be signed again.
    func hosts(notExpiringWithin times: ClosedRange<Date>) throws -> [HostID] {
        try connection.rows(
            "SELECT host FROM job_sets WHERE expires_at NOT BETWEEN ? AND ?", [times.lowerBound, times.upperBound]
        ).map { try $0.id(0) }
    }

    /// Hosts that have, or should have, a set.
    func hosts() throws -> [HostID] {
        try connection.rows("SELECT host FROM job_sets UNION SELECT host FROM jobs").map { try $0.id(0) }
    }
}
