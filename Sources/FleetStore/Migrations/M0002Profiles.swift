import SQLite

extension FleetMigrations {
    /// The profiles' versions; each is immutable.
    static let m0002Profiles = Migration(
        "0002-profiles",
        """
        CREATE TABLE profiles (
            name TEXT NOT NULL,
            version INTEGER NOT NULL,
            digest TEXT NOT NULL,
            document TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (name, version)
        ) STRICT;
        """)
}
