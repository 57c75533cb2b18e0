import FleetModel
import FoundationEssentials
import SQLite

/// The newest document of one kind that was signed for each host.
struct SignedDocumentRepository {
    enum Kind {
        case jobSet, desiredState

        fileprivate var table: String { self == .jobSet ? "job_sets" : "desired_states" }
        fileprivate var content: String { self == .jobSet ? "jobs" : "policies" }
    }

    struct Stored {
        var revision: UInt64
        var expiresAt: Date
        /// The jobs or the policies as JSON, to compare with what they should be now.
        var content: String
        /// The public keys of those who signed it, as JSON.
        var keys: String
        /// Empty when a revision above ours was seen and none has been made since.
        var envelope: [UInt8]
    }

    let connection: Connection
    let kind: Kind

    func find(_ host: HostID) throws -> Stored? {
        try connection.first(
            "SELECT revision, expires_at, \(kind.content), keys, envelope FROM \(kind.table) WHERE host = ?",
            [host.description]
        ).map {
            Stored(
                revision: try $0.get(0), expiresAt: try $0.get(1), content: try $0.get(2), keys: try $0.get(3),
                envelope: try $0.get(4))
        }
    }

    func put(_ document: Stored, of host: HostID) throws(SQLiteError) {
        try connection.execute(
            """
            INSERT INTO \(kind.table) (host, revision, expires_at, \(kind.content), keys, envelope)
            VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (host) DO UPDATE SET revision = excluded.revision, expires_at = excluded.expires_at,
            \(kind.content) = excluded.\(kind.content), keys = excluded.keys, envelope = excluded.envelope
            """,
            [
                host.description, document.revision, document.expiresAt, document.content, document.keys,
                document.envelope,
            ])
    }

    /// A host has taken a revision that was never made here, before a restore: the next one goes above it.
    func adopt(_ revision: UInt64, of host: HostID) throws(SQLiteError) {
        try put(Stored(revision: revision, expiresAt: .distantFuture, content: "", keys: "", envelope: []), of: host)
    }

    func revision(of host: HostID) throws -> UInt64 {
        try connection.first("SELECT revision FROM \(kind.table) WHERE host = ?", [host.description])?.get(0) ?? 0
    }

    /// Hosts whose document must be signed again.
    func hosts(notExpiringWithin times: ClosedRange<Date>) throws -> [HostID] {
        try connection.rows(
            "SELECT host FROM \(kind.table) WHERE expires_at NOT BETWEEN ? AND ?",
            [times.lowerBound, times.upperBound]
        ).map { try $0.id(0) }
    }
}
