import SQLite

extension FleetMigrations {
    /// Windows and policies, the conditions of jobs as JSON, the policies that hosts' own jobs come from, and the newest signed
    /// desired state of each host.
    static let m0005Documents = Migration(
        "0005-documents",
        """
        CREATE TABLE documents (
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            document TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            PRIMARY KEY (kind, name)
        ) STRICT;
        ALTER TABLE jobs ADD COLUMN conditions TEXT;
        ALTER TABLE jobs ADD COLUMN policy TEXT;
        CREATE TABLE desired_states (
            host TEXT PRIMARY KEY REFERENCES hosts(id) ON DELETE CASCADE,
            revision INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            policies TEXT NOT NULL,
            envelope BLOB NOT NULL
        ) STRICT;
        """)
}
