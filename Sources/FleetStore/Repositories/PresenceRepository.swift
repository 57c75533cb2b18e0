import FleetModel
import FoundationEssentials
import SQLite

/// What each host last said of its connection.
struct PresenceRepository {
    /// Sessions remembered as over; an old will arrives within its delay, a few connections late at most.
    static let formerSessions = 16
    let connection: Connection

    /// What a host last said.
    func newest(of host: HostID) throws -> Presence? {
        try connection.first("SELECT presence FROM hosts WHERE id = ?", [host.description])?.optionalJSON(0)
    }

    /// The session of a host's newest presence, and those that came before it.
    func sessions(of host: HostID) throws -> (current: SessionID?, former: [SessionID]) {
        let row = try connection.first(
            "SELECT presence ->> '$.session', former_sessions FROM hosts WHERE id = ?", [host.description])
        return (try row?.optionalID(0), try row?.json(1) ?? [])
    }

    func put(_ presence: Presence, former: [SessionID], of host: HostID) throws {
        try connection.execute(
            "UPDATE hosts SET presence = ?, state = ?, agent_version = ?, former_sessions = ? WHERE id = ?",
            [
                try FleetJSON.storedText(presence), presence.state.rawValue, presence.agentVersion,
                try FleetJSON.storedText(former), host.description,
            ])
    }

    /// The hosts that say that they are online.
    func online() throws -> Set<HostID> {
        Set(
            try connection.rows("SELECT id FROM hosts WHERE state = ?", [Presence.State.online.rawValue])
                .map { try $0.id(0) })
    }

    func lastSeen(of host: HostID) throws(SQLiteError) -> Date? {
        try connection.first("SELECT last_seen_at FROM hosts WHERE id = ?", [host.description])?.get(0)
    }

    func setLastSeen(_ time: Date, of host: HostID) throws(SQLiteError) {
        try connection.execute("UPDATE hosts SET last_seen_at = ? WHERE id = ?", [time, host.description])
    }

    func isHeld(_ host: HostID) throws -> Bool {
        try connection.first("SELECT held FROM hosts WHERE id = ?", [host.description])?.get(0) ?? false
    }

    func hold(_ host: HostID) throws(SQLiteError) {
        try connection.execute("UPDATE hosts SET held = 1 WHERE id = ?", [host.description])
    }

    func holdAll() throws(SQLiteError) { try connection.execute("UPDATE hosts SET held = 1") }

    func release(_ host: HostID) throws(SQLiteError) {
        try connection.execute("UPDATE hosts SET held = 0 WHERE id = ?", [host.description])
    }
}
