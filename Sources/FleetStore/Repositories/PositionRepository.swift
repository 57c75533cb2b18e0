import DurableStream
import FleetModel
import SQLite

/// How far the durable record of each host is committed.
struct PositionRepository {
    let connection: Connection

    func receiver(of host: HostID) throws -> StreamReceiver {
        let rows = try connection.rows("SELECT epoch, seq FROM positions WHERE host = ?", [host.description])
        return StreamReceiver(
            positions: Dictionary(uniqueKeysWithValues: try rows.map { (try $0.id(0), try $0.get(1)) }))
    }

    func put(_ seq: UInt64, epoch: EpochID, of host: HostID) throws(SQLiteError) {
        try connection.execute(
            """
            INSERT INTO positions (host, epoch, seq) VALUES (?, ?, ?)
            ON CONFLICT (host, epoch) DO UPDATE SET seq = excluded.seq
            """, [host.description, epoch.description, seq])
    }
}
