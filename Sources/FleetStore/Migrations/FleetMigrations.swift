import SQLite

/// The schema of fleet.db, in the order it grew. A released step is never changed; a change is a new step.
enum FleetMigrations {
    static let all = [
        m0001Foundations, m0002Profiles, m0003Identities, m0004JobResults, m0005Documents, m0006JobRanks,
        m0007Audit, m0008Rollouts, m0009Keys,
    ]
}
