import FleetModel
import FoundationEssentials
import Rollouts
import SQLite

/// One rollout as stored.
struct StoredRollout {
    var definition: RolloutDefinition
    var progress: RolloutProgress
    var deadline: Date
    let createdAt: Date
    let createdBy: String
    var updatedAt: Date
    var approvedBy: [String] = []

    var name: ResourceName { definition.name }

    func resource(_ tally: RolloutTally) -> RolloutResource {
        RolloutResource(
            name: name, intent: definition.intent, plan: definition.plan, state: progress.state,
            reason: progress.reason, wave: progress.wave + 1, waves: definition.rules.waves.count + 1,
            soakUntil: progress.soakUntil, deadline: deadline, hosts: tally.counts, createdAt: createdAt,
            createdBy: createdBy, updatedAt: updatedAt, approvedBy: approvedBy, approvals: definition.approvals)
    }
}

/// The rollouts.
struct RolloutRepository {
    let connection: Connection

    private static let select = """
        SELECT definition, progress, deadline, created_at, created_by, updated_at, approved_by FROM rollouts
        """
    private static let over = RolloutState.allCases.filter(\.isOver).map { "'\($0.rawValue)'" }.joined(separator: ", ")

    func add(_ rollout: StoredRollout) throws {
        try connection.execute(
            """
            INSERT INTO rollouts (name, definition, state, progress, deadline, created_at, created_by, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                rollout.name.description, try FleetJSON.storedText(rollout.definition),
                rollout.progress.state.rawValue, try FleetJSON.storedText(rollout.progress), rollout.deadline,
                rollout.createdAt, rollout.createdBy, rollout.updatedAt,
            ])
    }

    func update(_ rollout: StoredRollout) throws {
        try connection.execute(
            """
            UPDATE rollouts SET definition = ?, state = ?, progress = ?, deadline = ?, updated_at = ?, approved_by = ?
            WHERE name = ?
            """,
            [
                try FleetJSON.storedText(rollout.definition), rollout.progress.state.rawValue,
                try FleetJSON.storedText(rollout.progress), rollout.deadline, rollout.updatedAt,
                try FleetJSON.storedText(rollout.approvedBy), rollout.name.description,
            ])
    }

    func find(_ name: ResourceName) throws -> StoredRollout {
        let row = try connection.first("\(Self.select) WHERE name = ?", [name.description])
        guard let row else { throw StoreError.notFound(kind: "rollout", name: name.description) }
        return try rollout(row)
    }

    /// With how many of its hosts stand where.
    func resource(_ name: ResourceName) throws -> RolloutResource {
        try find(name).resource(try RolloutHostRepository(connection: connection).tally(of: name))
    }

    func exists(_ name: ResourceName) throws -> Bool {
        try connection.first("SELECT 1 FROM rollouts WHERE name = ?", [name.description]) != nil
    }

    /// Newest first.
    func page(after cursor: String?, limit: Int) throws -> Page<RolloutResource> {
        let before = try cursor.map { try Cursor.decode($0, count: 2) }
        return try Page.collect(limit: limit) { count in
            try connection.rows(
                """
                \(Self.select) WHERE ?1 IS NULL OR (created_at, name) < (?1, ?2)
                ORDER BY created_at DESC, name DESC LIMIT ?3
                """,
                [before.flatMap { Int64($0[0]) }, before?[1], count]
            ).map { row in
                let rollout = try rollout(row)
                return rollout.resource(try RolloutHostRepository(connection: connection).tally(of: rollout.name))
            }
        } key: {
            [String(Int64(($0.createdAt.timeIntervalSince1970 * 1000).rounded())), $0.name.description]
        }
    }

    /// Those of which something may have to be done: they are not over, or jobs of theirs are still out.
    /// - Returns: with each, when something has to be done though nothing changes.
    func alive() throws -> [(name: ResourceName, nextChange: Date?)] {
        try connection.rows(
            """
            SELECT name, progress, deadline FROM rollouts WHERE state NOT IN (\(Self.over)) OR EXISTS
            (SELECT 1 FROM rollout_hosts
            WHERE rollout = rollouts.name AND rollout_hosts.state IN (\(RolloutHostRepository.inFlight)))
            ORDER BY created_at, name
            """
        ).map { row in
            (try row.id(0), try row.json(1, as: RolloutProgress.self).nextChange(deadline: try row.get(2)))
        }
    }

    private func rollout(_ row: Row) throws -> StoredRollout {
        StoredRollout(
            definition: try row.json(0), progress: try row.json(1), deadline: try row.get(2),
            createdAt: try row.get(3), createdBy: try row.get(4), updatedAt: try row.get(5),
            approvedBy: try row.json(6))
    }
}
