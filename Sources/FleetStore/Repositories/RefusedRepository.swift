import FoundationEssentials
import SQLite

/// What was refused, the newest thousand.
struct RefusedRepository {
    static let keptRows = 1000
    let connection: Connection

    func add(_ refused: RefusedPayload) throws {
        try connection.execute(
            "INSERT INTO refused_payloads (received_at, topic, reason, size, head) VALUES (?, ?, ?, ?, ?)",
            [refused.receivedAt, refused.topic, refused.reason.rawValue, refused.size, refused.head])
        try connection.execute(
            "DELETE FROM refused_payloads WHERE id <= ?", [connection.lastInsertRowID - Int64(Self.keptRows)])
    }

    /// Newest first.
    func newest(_ limit: Int) throws -> [RefusedPayload] {
        try connection.rows(
            "SELECT received_at, topic, reason, size, head FROM refused_payloads ORDER BY id DESC LIMIT ?", [limit]
        ).map {
            RefusedPayload(
                receivedAt: try $0.get(0), topic: try $0.get(1), reason: try $0.word(2), size: try $0.get(3),
                head: try $0.get(4))
        }
    }
}
