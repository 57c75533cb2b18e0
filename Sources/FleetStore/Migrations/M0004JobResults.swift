import SQLite

extension FleetMigrations {
    /// What a program in a guest did, as JSON.
    static let m0004JobResults = Migration("0004-job-results", "ALTER TABLE jobs ADD COLUMN result TEXT;")
}
