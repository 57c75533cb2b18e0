import FleetModel
import FoundationEssentials
import SQLite

/// The newest signed desired state of each host.
struct DesiredStateRepository {
    let connection: Connection

    struct Stored {
        var revision: UInt64
        var expiresAt: Date
        /// The policies as JSON, to compare with what they should be now.
        var policies: String
        /// Empty when a revision above ours was seen and none has been made since.
        var envelope: [UInt8]
    }

    func find(_ host: HostID) throws -> Stored? {
        try connection.first(
            "SELECT revision, expires_at, policies, envelope FROM desired_states WHERE host = ?", [host.description]
        ).map {
            Stored(
                revision: try $0.get(0), expiresAt: try $0.get(1), policies: try $0.get(2), envelope: try $0.get(3))
        }
    }

    func put(_ state: Stored, of host: HostID) throws(SQLiteError) {
        try connection.execute(
            """
            INSERT INTO desired_states (host, revision, expires_at, policies, envelope) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (host) DO UPDATE SET revision = excluded.revision, expires_at = excluded.expires_at,
            policies = excluded.policies, envelope = excluded.envelope
            """,
            [host.description, state.revision, state.expiresAt, state.policies, state.envelope])
    }
}
