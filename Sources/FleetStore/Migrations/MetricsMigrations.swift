import SQLite

/// The schema of metrics.db, in the order it grew.
enum MetricsMigrations {
    static let all = [m0001Ticks]

    /// A tick is one row: its values in the order that its layout names them. A layout is the host's groups (itself,
    /// then its VMs) with the key list of each; key lists are the same for most hosts and VMs, so they are shared.
    static let m0001Ticks = Migration(
        "0001-ticks",
        """
        CREATE TABLE key_lists (
            id INTEGER PRIMARY KEY,
            keys TEXT NOT NULL UNIQUE
        ) STRICT;

        CREATE TABLE layouts (
            id INTEGER PRIMARY KEY,
            host TEXT NOT NULL,
            groups TEXT NOT NULL,
            UNIQUE (host, groups)
        ) STRICT;

        CREATE TABLE ticks (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            layout INTEGER NOT NULL REFERENCES layouts(id),
            host TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            agent_time INTEGER NOT NULL,
            samples BLOB NOT NULL
        ) STRICT;
        CREATE INDEX ticks_by_host ON ticks (host, received_at);
        """)
}
