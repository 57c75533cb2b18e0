import SQLite

extension FleetMigrations {
    /// Times are milliseconds since 1970 (the controller's clock unless said otherwise), documents JSON text.
    static let m0001Foundations = Migration(
        "0001-foundations",
        """
        CREATE TABLE store (
            id TEXT NOT NULL,
            fleet TEXT NOT NULL
        ) STRICT;

        CREATE TABLE hosts (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            created_at INTEGER NOT NULL,
            bus_password_hash TEXT NOT NULL,
            image_token_hash TEXT NOT NULL,
            labels TEXT NOT NULL DEFAULT '{}',
            state TEXT NOT NULL DEFAULT 'never',
            agent_version TEXT,
            presence TEXT,
            former_sessions TEXT NOT NULL DEFAULT '[]',
            last_seen_at INTEGER,
            -- Restored controller: no jobs for this host until its whole record has been read again.
            held INTEGER NOT NULL DEFAULT 0
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE inventory (
            host TEXT NOT NULL REFERENCES hosts(id) ON DELETE CASCADE,
            part TEXT NOT NULL,
            digest TEXT NOT NULL,
            document TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            PRIMARY KEY (host, part)
        ) STRICT;

        CREATE TABLE vms (
            host TEXT NOT NULL REFERENCES hosts(id) ON DELETE CASCADE,
            id TEXT NOT NULL,
            name TEXT NOT NULL,
            document TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            PRIMARY KEY (host, id)
        ) STRICT;
        CREATE INDEX vms_by_id ON vms (id);

        -- How far each epoch of each host's durable record is committed.
        CREATE TABLE positions (
            host TEXT NOT NULL REFERENCES hosts(id) ON DELETE CASCADE,
            epoch TEXT NOT NULL,
            seq INTEGER NOT NULL,
            PRIMARY KEY (host, epoch)
        ) STRICT, WITHOUT ROWID;

        -- The durable record. Events outlive their host, so no reference. AUTOINCREMENT: a commit ID is never used twice.
        CREATE TABLE events (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            host TEXT NOT NULL,
            epoch TEXT NOT NULL,
            seq INTEGER NOT NULL,
            type TEXT NOT NULL,
            received_at INTEGER NOT NULL,
            record TEXT NOT NULL
        ) STRICT;
        CREATE INDEX events_by_host ON events (host, id);
        CREATE INDEX events_by_type ON events (type, id);

        CREATE TABLE jobs (
            id TEXT PRIMARY KEY,
            host TEXT NOT NULL REFERENCES hosts(id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            arguments TEXT NOT NULL,
            state TEXT NOT NULL,
            published INTEGER NOT NULL DEFAULT 0,
            cancel_requested INTEGER NOT NULL DEFAULT 0,
            -- The first revision of the host's job set without this job.
            absent_since INTEGER,
            reason TEXT,
            message TEXT,
            step TEXT,
            vm TEXT,
            created_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX jobs_by_host ON jobs (host, state);
        -- Looked at every second, so it must not grow with the jobs that are over.
        CREATE INDEX jobs_unfinished ON jobs (expires_at) WHERE state NOT IN ('withdrawn', 'expired', 'rejected',
            'succeeded', 'failed', 'rolled-back', 'rollback-failed', 'cancelled');

        -- The newest job set of each host: revisions only grow; the envelope is what was signed.
        CREATE TABLE job_sets (
            host TEXT PRIMARY KEY REFERENCES hosts(id) ON DELETE CASCADE,
            revision INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            jobs TEXT NOT NULL,
            envelope BLOB NOT NULL
        ) STRICT;

        CREATE INDEX job_sets_by_expiry ON job_sets (expires_at);

        CREATE TABLE templates (
            name TEXT NOT NULL,
            version TEXT NOT NULL,
            image TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            PRIMARY KEY (name, version)
        ) STRICT;

        CREATE TABLE refused_payloads (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            received_at INTEGER NOT NULL,
            topic TEXT NOT NULL,
            reason TEXT NOT NULL,
            size INTEGER NOT NULL,
            head BLOB NOT NULL
        ) STRICT;

        CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            who TEXT NOT NULL,
            action TEXT NOT NULL,
            object TEXT NOT NULL
        ) STRICT;
        """)
}
