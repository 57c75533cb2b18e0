import SQLite

extension FleetMigrations {
    /// Keys are JSON lists of public keys: those that each host trusts, NULL while nobody knows, and those that have signed its
    /// documents.
    static let m0009Keys = Migration(
        "0009-keys",
        """
        ALTER TABLE hosts ADD COLUMN trusted_keys TEXT;
        ALTER TABLE job_sets ADD COLUMN keys TEXT NOT NULL DEFAULT '';
        ALTER TABLE desired_states ADD COLUMN keys TEXT NOT NULL DEFAULT '';
        """)
}
