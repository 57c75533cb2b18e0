import FleetModel
import FoundationEssentials
import SQLite

/// Who changed what, and who was refused.
struct AuditRepository {
    /// Of what one author was refused, the newest are kept.
    static let keptRefusals = 1000
    let connection: Connection

    func add(_ action: String, _ object: String, by author: Author, at time: Date) throws(SQLiteError) {
        try insert(action, object, result: AuditResource.done, by: author, at: time)
    }

    func addRefusal(of action: String, because result: String, by author: Author, at time: Date) throws {
        try insert(action, "", result: result, by: author, at: time)
        try connection.execute(
            """
            DELETE FROM audit WHERE who = ?1 AND result <> 'done' AND id <= (
                SELECT id FROM audit WHERE who = ?1 AND result <> 'done' ORDER BY id DESC LIMIT 1 OFFSET ?2)
            """,
            [author.name, Self.keptRefusals])
    }

    private func insert(
        _ action: String, _ object: String, result: String, by author: Author, at time: Date
    ) throws(SQLiteError) {
        try connection.execute(
            "INSERT INTO audit (at, who, origin, action, object, result) VALUES (?, ?, ?, ?, ?, ?)",
            [time, author.name, author.origin, action, object, result])
    }

    /// Newest first.
    func page(before cursor: String?, who: String?, limit: Int) throws -> Page<AuditResource> {
        let before = try cursor.map { try Cursor.decode($0, count: 1)[0] }
        return try Page.collect(limit: limit) { count in
            try connection.rows(
                """
                SELECT id, at, who, origin, action, object, result FROM audit
                WHERE (?1 IS NULL OR id < CAST(?1 AS INTEGER)) AND (?2 IS NULL OR who = ?2) ORDER BY id DESC LIMIT ?3
                """,
                [before, who, count]
            ).map(entry)
        } key: {
            ["\($0.id)"]
        }
    }

    private func entry(_ row: Row) throws -> AuditResource {
        let object: String = try row.get(5)
        return AuditResource(
            id: try row.get(0), time: try row.get(1), who: try row.get(2), origin: try row.get(3),
            action: try row.get(4), object: object.isEmpty ? nil : object, result: try row.get(6))
    }
}
