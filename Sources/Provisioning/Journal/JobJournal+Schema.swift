import SQLite

extension JobJournal {
    static let migrations = [
        Migration(
            "jobs",
            """
            CREATE TABLE facts (
                id INTEGER PRIMARY KEY CHECK (id = 1),
                revision INTEGER NOT NULL DEFAULT 0, -- highest taken, 64 bits
                digest TEXT,                         -- of the payload that had it
                newest_issued_at INTEGER,            -- milliseconds since 1970, as all times here
                newest_time INTEGER,                 -- newest write under a sane clock
                stamp_date INTEGER,                  -- the controller's time ...
                stamp_uptime REAL,                   -- ... and this host's uptime when it came, seconds
                stamp_boot TEXT
            );
            INSERT INTO facts (id) VALUES (1);
            CREATE TABLE jobs (
                id TEXT PRIMARY KEY,
                job TEXT NOT NULL,        -- as signed, JSON
                report TEXT NOT NULL,     -- the newest, JSON
                wanted INTEGER NOT NULL,  -- the newest job set names it
                ended INTEGER NOT NULL DEFAULT 0,
                plan TEXT,                -- what its kind decided, JSON
                expires_at INTEGER NOT NULL
            ) WITHOUT ROWID;
            CREATE INDEX jobs_unfinished ON jobs (id) WHERE ended = 0;
            CREATE TABLE steps (
                job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
                position INTEGER NOT NULL, -- 0 for the first
                name TEXT NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('intended', 'done', 'undone')),
                PRIMARY KEY (job, position)
            ) WITHOUT ROWID;
            CREATE TABLE outbox ( -- reports that the durable stream does not have yet
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                report TEXT NOT NULL
            );
            """),
        Migration(
            "keys of reports",
            // A report's key is the same wherever it stands, and no other's.
            """
            ALTER TABLE jobs ADD COLUMN report_key TEXT NOT NULL DEFAULT '';
            ALTER TABLE outbox ADD COLUMN key TEXT NOT NULL DEFAULT '';
            UPDATE jobs SET report_key = lower(hex(randomblob(16)));
            UPDATE outbox SET key = lower(hex(randomblob(16)));
            """),
        Migration(
            "when jobs begin",
            """
            ALTER TABLE jobs ADD COLUMN begun_at INTEGER; -- their first step
            CREATE INDEX jobs_begun ON jobs (begun_at) WHERE begun_at IS NOT NULL;
            """),
        Migration(
            "policies",
            """
            ALTER TABLE jobs ADD COLUMN policy TEXT; -- by which this host has asked itself for it
            ALTER TABLE facts ADD COLUMN desired_revision INTEGER NOT NULL DEFAULT 0; -- highest taken, 64 bits
            ALTER TABLE facts ADD COLUMN desired_digest TEXT;                         -- of the payload that had it
            ALTER TABLE facts ADD COLUMN desired TEXT;                                -- that payload, JSON
            """),
        Migration(
            "trusted keys",
            """
            ALTER TABLE facts ADD COLUMN keys TEXT;            -- the controller's, as a desired state has named them, JSON
            ALTER TABLE facts ADD COLUMN configured_keys TEXT; -- those of agent.yaml at that time, JSON
            """),
        Migration(
            "notices",
            """
            CREATE TABLE notices ( -- what the person at the host was told of a job that is about to begin
                job TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
                told_at INTEGER NOT NULL,
                begins_at INTEGER NOT NULL,
                begins_uptime REAL NOT NULL, -- the same as this host's uptime, seconds ...
                boot TEXT NOT NULL,          -- ... since this boot
                deferrals INTEGER NOT NULL   -- that have been used
            ) WITHOUT ROWID;
            ALTER TABLE outbox ADD COLUMN deferral TEXT; -- what its report follows from, JSON
            """),
    ]
}
