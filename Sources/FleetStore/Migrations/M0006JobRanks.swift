import SQLite

extension FleetMigrations {
    /// The order that somebody has put a host's jobs in.
    static let m0006JobRanks = Migration("0006-job-ranks", "ALTER TABLE jobs ADD COLUMN rank INTEGER;")
}
