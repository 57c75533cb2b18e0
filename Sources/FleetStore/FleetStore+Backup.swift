import FleetModel
import SQLite

extension FleetStore {
    /// Copies a database as of one moment, also that of a running controller.
    public static func copyDatabase(_ source: String, to target: String) throws(StoreError) {
        try StoreError.wrapping { try Connection(path: source, readOnly: true).backup(to: target) }
    }

    /// Tells a copy that it is one: a new store ID, and jobs wait for each host's record.
    public static func markRestored(_ database: String) throws(StoreError) -> StoreID {
        try StoreError.wrapping {
            let connection = try Connection(path: database)
            try connection.migrate(FleetMigrations.all)
            let id = try connection.transaction {
                try PresenceRepository(connection: connection).holdAll()
                return try IdentityRepository(connection: connection).renew()
            }
            // All into the one file, which is then moved alone.
            try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return id
        }
    }
}
