import SQLite

extension FleetMigrations {
    /// What must be a VM's own in the whole fleet, to find those who share it. Filled as hosts describe their VMs: at
    /// each connection, or when they change.
    static let m0003Identities = Migration(
        "0003-identities",
        """
        CREATE TABLE vm_identities (
            kind TEXT NOT NULL,
            value TEXT NOT NULL,
            host TEXT NOT NULL,
            id TEXT NOT NULL,
            PRIMARY KEY (kind, value, host, id),
            FOREIGN KEY (host, id) REFERENCES vms (host, id) ON DELETE CASCADE
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX vm_identities_by_vm ON vm_identities (host, id);
        """)
}
