import FleetModel
import FoundationEssentials
import SQLite

/// The durable record of all hosts, in commit order.
struct EventRepository {
    let connection: Connection

    private static let select = """
        SELECT events.id, events.host, hosts.name, type, received_at, record
        FROM events LEFT JOIN hosts ON hosts.id = events.host
        """

    func add(_ header: StreamHeader, record: String, of host: HostID, at time: Date) throws(SQLiteError) -> Int64 {
        try connection.execute(
            "INSERT INTO events (host, epoch, seq, type, received_at, record) VALUES (?, ?, ?, ?, ?, ?)",
            [host.description, header.epoch.description, header.seq, header.type.rawValue, time, record])
        return connection.lastInsertRowID
    }

    func newest() throws(SQLiteError) -> Int64 {
        try connection.first("SELECT coalesce(max(id), 0) FROM events")?.get(0) ?? 0
    }

    /// In commit order, after one commit.
    func following(_ commit: Int64, host: HostID?, type: EventType?, limit: Int) throws -> [EventResource] {
        try connection.rows(
            """
            \(Self.select) WHERE events.id > ?1 AND (?2 IS NULL OR events.host = ?2) AND (?3 IS NULL OR type = ?3)
            ORDER BY events.id LIMIT ?4
            """,
            [commit, host?.description, type?.rawValue, limit]
        ).map(event)
    }

    /// Newest first.
    func page(before cursor: String?, host: HostID?, type: EventType?, limit: Int) throws -> Page<EventResource> {
        let before = try cursor.map { try Cursor.decode($0, count: 1)[0] }
        return try Page.collect(limit: limit) { count in
            try connection.rows(
                """
                \(Self.select) WHERE (?1 IS NULL OR events.id < CAST(?1 AS INTEGER))
                AND (?2 IS NULL OR events.host = ?2) AND (?3 IS NULL OR type = ?3)
                ORDER BY events.id DESC LIMIT ?4
                """,
                [before, host?.description, type?.rawValue, count]
            ).map(event)
        } key: {
            ["\($0.id)"]
        }
    }

    private func event(_ row: Row) throws -> EventResource {
        let record: StoredRecord = try row.json(5)
        return EventResource(
            id: try row.get(0), host: try row.id(1), hostName: try row.optionalID(2),
            type: EventType(rawValue: try row.get(3)), time: record.time, receivedAt: try row.get(4),
            epoch: record.epoch, seq: record.seq, body: record.body ?? .null)
    }

    /// The record as it was received, read for people.
    private struct StoredRecord: Decodable {
        var epoch: EpochID
        var seq: UInt64
        var time: Date
        var body: JSONValue?
    }
}
