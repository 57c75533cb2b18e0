import FleetModel
import FoundationEssentials
import SQLite

/// The inventory parts of each host.
struct InventoryRepository {
    let connection: Connection

    func put(_ document: String, part: InventoryPart, digest: Digest, of host: HostID, at time: Date) throws {
        try connection.execute(
            """
            INSERT INTO inventory (host, part, digest, document, received_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (host, part) DO UPDATE
            SET digest = excluded.digest, document = excluded.document, received_at = excluded.received_at
            """,
            [host.description, part.rawValue, digest.description, document, time])
    }

    func documents(of host: HostID) throws -> [InventoryPart: JSONValue] {
        let rows = try connection.rows("SELECT part, document FROM inventory WHERE host = ?", [host.description])
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.word(0), try $0.json(1)) })
    }

    func digests(of host: HostID) throws -> [InventoryPart: Digest] {
        let rows = try connection.rows("SELECT part, digest FROM inventory WHERE host = ?", [host.description])
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.word(0), try $0.id(1)) })
    }

    /// The time zones that hosts have told.
    /// - Parameter host: nil for all hosts.
    func timeZones(of host: HostID?) throws -> [HostID: String] {
        let rows = try connection.rows(
            """
            SELECT host, zone FROM (
                SELECT host, CASE WHEN json_valid(document) THEN json_extract(document, '$.clock.timeZone') END AS zone
                FROM inventory WHERE part = ?1 AND (?2 IS NULL OR host = ?2)
            ) WHERE typeof(zone) = 'text'
            """,
            [InventoryPart.software.rawValue, host?.description])
        return Dictionary(uniqueKeysWithValues: try rows.map { (try $0.id(0), try $0.get(1)) })
    }
}
