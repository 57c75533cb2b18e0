import SQLite

extension FleetMigrations {
    /// Rollouts, with the hosts of each in the order of their turns, and the rollouts that jobs belong to.
    static let m0008Rollouts = Migration(
        "0008-rollouts",
        """
        CREATE TABLE rollouts (
            name TEXT PRIMARY KEY,
            definition TEXT NOT NULL,
            state TEXT NOT NULL,
            progress TEXT NOT NULL,
            deadline INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            created_by TEXT NOT NULL,
            updated_at INTEGER NOT NULL,
            approved_by TEXT NOT NULL DEFAULT '[]'
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE rollout_hosts (
            rollout TEXT NOT NULL REFERENCES rollouts(name) ON DELETE CASCADE,
            host TEXT NOT NULL REFERENCES hosts(id) ON DELETE CASCADE,
            -- Its turn.
            position INTEGER NOT NULL,
            state TEXT NOT NULL,
            wave INTEGER,
            attempts INTEGER NOT NULL DEFAULT 0,
            misses INTEGER NOT NULL DEFAULT 0,
            zone TEXT,
            -- What is asked of it: the arguments of each job, with the newest job, and whether that is done.
            tasks TEXT NOT NULL,
            reason TEXT,
            message TEXT,
            -- Since when it is not online, while its jobs are out.
            away_since INTEGER,
            updated_at INTEGER NOT NULL,
            PRIMARY KEY (rollout, host)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX rollout_hosts_by_turn ON rollout_hosts (rollout, state, position);
        CREATE INDEX rollout_hosts_by_host ON rollout_hosts (host);
        CREATE INDEX rollout_hosts_in_flight ON rollout_hosts (rollout, host)
            WHERE state IN ('offered', 'applying', 'away', 'stray', 'lost');

        ALTER TABLE jobs ADD COLUMN rollout TEXT;
        -- It is to begin no more.
        ALTER TABLE jobs ADD COLUMN withdraw_requested INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX jobs_by_rollout ON jobs (rollout) WHERE rollout IS NOT NULL;
        """)
}
