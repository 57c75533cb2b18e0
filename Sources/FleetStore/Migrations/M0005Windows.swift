import SQLite

extension FleetMigrations {
    /// Recurring times in which hosts may be disturbed, and the conditions of jobs, as JSON.
    static let m0005Windows = Migration(
        "0005-windows",
        """
        CREATE TABLE windows (
            name TEXT PRIMARY KEY,
            document TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL
        ) STRICT;
        ALTER TABLE jobs ADD COLUMN conditions TEXT;
        """)
}
