import FoundationEssentials
import SQLite

/// Who wrote what.
struct AuditRepository {
    let connection: Connection

    func add(_ action: String, _ object: String, by who: String, at time: Date) throws(SQLiteError) {
        try connection.execute(
            "INSERT INTO audit (at, who, action, object) VALUES (?, ?, ?, ?)", [time, who, action, object])
    }
}
