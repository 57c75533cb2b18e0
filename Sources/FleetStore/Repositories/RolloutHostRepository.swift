import FleetModel
import FoundationEssentials
import Rollouts
import SQLite

/// One thing that is asked of a host.
struct RolloutTask: Codable, Equatable {
    var arguments: JSONValue
    /// The newest job for it.
    var job: JobID?
    var done = false
}

/// A host of a rollout as stored.
struct StoredRolloutHost {
    let rollout: ResourceName
    let host: HostID
    let hostName: ResourceName
    let hostState: HostResource.State
    let lastSeenAt: Date?
    /// Its turn.
    let position: Int
    var state: RolloutHostState
    /// 0 for the first.
    var wave: Int?
    var attempts: Int
    var misses: Int
    let zone: String?
    var tasks: [RolloutTask]
    var reason: String?
    var message: String?
    var awaySince: Date?
    var updatedAt: Date

    var jobs: [JobID] { tasks.compactMap(\.job) }

    var resource: RolloutHostResource {
        RolloutHostResource(
            host: host, hostName: hostName, hostState: hostState, lastSeenAt: lastSeenAt, state: state,
            wave: wave.map { $0 + 1 }, attempts: attempts, misses: misses, jobs: jobs, reason: reason,
            message: message, updatedAt: updatedAt)
    }
}

/// The hosts of rollouts.
struct RolloutHostRepository {
    let connection: Connection

    /// The states of hosts whose jobs are out, as SQL literals in the order in which the index names them.
    static let inFlight = RolloutHostState.allCases.filter(\.isInFlight).map { "'\($0.rawValue)'" }
        .joined(separator: ", ")
    private static let select = """
        SELECT rollout, host, hosts.name, hosts.state, hosts.last_seen_at, rollout_hosts.state, wave, attempts, misses,
        zone, tasks, reason, message, away_since, updated_at, position
        FROM rollout_hosts JOIN hosts ON hosts.id = rollout_hosts.host
        """

    func add(_ target: RolloutTarget, to rollout: ResourceName, position: Int, at time: Date) throws {
        let tasks = target.arguments.map { RolloutTask(arguments: $0) }
        try connection.execute(
            """
            INSERT INTO rollout_hosts (rollout, host, position, state, zone, tasks, message, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                rollout.description, target.host.description, position,
                (target.obstacle == nil ? RolloutHostState.pending : .unfit).rawValue, target.zone,
                try FleetJSON.storedText(tasks), target.obstacle, time,
            ])
    }

    func update(_ host: StoredRolloutHost) throws {
        try connection.execute(
            """
            UPDATE rollout_hosts SET state = ?, wave = ?, attempts = ?, misses = ?, tasks = ?, reason = ?, message = ?,
            away_since = ?, updated_at = ? WHERE rollout = ? AND host = ?
            """,
            [
                host.state.rawValue, host.wave, host.attempts, host.misses, try FleetJSON.storedText(host.tasks),
                host.reason, host.message, host.awaySince, host.updatedAt, host.rollout.description,
                host.host.description,
            ])
    }

    func remove(_ host: HostID, from rollout: ResourceName) throws {
        try connection.execute(
            "DELETE FROM rollout_hosts WHERE rollout = ? AND host = ?", [rollout.description, host.description])
    }

    func tally(of rollout: ResourceName) throws -> RolloutTally {
        var counts: [RolloutHostState: Int] = [:]
        let rows = try connection.rows(
            "SELECT state, count(*) FROM rollout_hosts WHERE rollout = ? GROUP BY state", [rollout.description])
        for row in rows { counts[try row.word(0)] = try row.get(1) }
        guard counts[.skipped] != nil else { return RolloutTally(counts: counts) }
        let asked = try connection.first(
            "SELECT count(*) FROM rollout_hosts WHERE rollout = ? AND state = ? AND wave IS NOT NULL",
            [rollout.description, RolloutHostState.skipped.rawValue])
        return RolloutTally(counts: counts, skippedAfterOffer: try asked?.get(0) ?? 0)
    }

    /// Those whose jobs are out.
    func inFlight(of rollout: ResourceName) throws -> [StoredRolloutHost] {
        try connection.rows(
            "\(Self.select) WHERE rollout = ? AND rollout_hosts.state IN (\(Self.inFlight)) ORDER BY position",
            [rollout.description]
        ).map(host)
    }

    func find(_ host: HostID, of rollout: ResourceName) throws -> StoredRolloutHost? {
        try connection.first(
            "\(Self.select) WHERE rollout = ? AND host = ?", [rollout.description, host.description]
        ).map(self.host)
    }

    /// One whose jobs are out.
    func inFlight(_ host: HostID, of rollout: ResourceName) throws -> StoredRolloutHost? {
        try connection.first(
            "\(Self.select) WHERE rollout = ? AND host = ? AND rollout_hosts.state IN (\(Self.inFlight))",
            [rollout.description, host.description]
        ).map(self.host)
    }

    func all(of rollout: ResourceName, in states: [RolloutHostState]) throws -> [StoredRolloutHost] {
        let words = states.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        return try connection.rows(
            "\(Self.select) WHERE rollout = ? AND rollout_hosts.state IN (\(words)) ORDER BY position",
            [rollout.description]
        ).map(host)
    }

    /// Those that wait for their turn and can be asked: they are online, and what they know is known.
    func candidates(of rollout: ResourceName, limit: Int) throws -> [StoredRolloutHost] {
        try connection.rows(
            """
            \(Self.select) WHERE rollout = ? AND rollout_hosts.state = ? AND hosts.state = ? AND NOT hosts.held
            ORDER BY position LIMIT ?
            """,
            [
                rollout.description, RolloutHostState.pending.rawValue, Presence.State.online.rawValue, limit,
            ]
        ).map(host)
    }

    /// - Returns: how many waited for their turn.
    func close(_ rollout: ResourceName, as state: RolloutHostState, at time: Date) throws -> Int {
        try connection.execute(
            "UPDATE rollout_hosts SET state = ?, updated_at = ? WHERE rollout = ? AND state = ?",
            [state.rawValue, time, rollout.description, RolloutHostState.pending.rawValue])
        return connection.changes
    }

    func lastPosition(in rollout: ResourceName) throws -> Int {
        try connection.first(
            "SELECT coalesce(max(position), -1) FROM rollout_hosts WHERE rollout = ?", [rollout.description])?.get(0)
            ?? -1
    }

    /// In the order of their turns.
    func page(
        of rollout: ResourceName, state: RolloutHostState?, after cursor: String?, limit: Int
    ) throws -> Page<RolloutHostResource> {
        let after = try cursor.map { try Cursor.decode($0, count: 1)[0] }.flatMap { Int($0) } ?? -1
        let hosts = try connection.rows(
            """
            \(Self.select) WHERE rollout = ?1 AND (?2 IS NULL OR rollout_hosts.state = ?2) AND position > ?3
            ORDER BY position LIMIT ?4
            """,
            [rollout.description, state?.rawValue, after, max(1, limit) + 1]
        ).map(host)
        guard hosts.count > max(1, limit) else { return Page(items: hosts.map(\.resource)) }
        let shown = hosts.dropLast()
        return Page(
            items: shown.map(\.resource), nextCursor: try shown.last.map { try Cursor.encode([String($0.position)]) })
    }

    private func host(_ row: Row) throws -> StoredRolloutHost {
        StoredRolloutHost(
            rollout: try row.id(0), host: try row.id(1), hostName: try row.id(2), hostState: try row.word(3),
            lastSeenAt: try row.get(4), position: try row.get(15), state: try row.word(5), wave: try row.get(6),
            attempts: try row.get(7),
            misses: try row.get(8), zone: try row.get(9), tasks: try row.json(10), reason: try row.get(11),
            message: try row.get(12), awaySince: try row.get(13), updatedAt: try row.get(14))
    }
}
