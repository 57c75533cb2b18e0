import SQLite

extension FleetMigrations {
    /// From where somebody asked, and what came of it: `done`, or the problem's code and detail.
    static let m0007Audit = Migration(
        "0007-audit",
        """
        ALTER TABLE audit ADD COLUMN origin TEXT;
        ALTER TABLE audit ADD COLUMN result TEXT NOT NULL DEFAULT 'done';
        CREATE INDEX audit_by_author ON audit (who, id);
        -- What is pruned, and counted for that.
        CREATE INDEX audit_refused ON audit (who, id) WHERE result <> 'done';
        """)
}
