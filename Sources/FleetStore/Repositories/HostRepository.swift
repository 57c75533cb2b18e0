import FleetModel
import FoundationEssentials
import SQLite

/// The registered hosts and what they last said of themselves.
struct HostRepository {
    let connection: Connection

    private static let columns = """
        id, name, labels, state, last_seen_at, created_at, agent_version,
        (SELECT count(*) FROM vms WHERE vms.host = hosts.id)
        """

    func add(
        _ id: HostID, name: ResourceName, busPasswordHash: String, imageTokenHash: String, keys: [VerifyingKey],
        at time: Date
    ) throws {
        guard try connection.first("SELECT 1 FROM hosts WHERE name = ?", [name.description]) == nil else {
            throw StoreError.conflict("a host named '\(name)' is registered already; choose another name or remove it")
        }
        try connection.execute(
            """
            INSERT INTO hosts (id, name, created_at, bus_password_hash, image_token_hash, trusted_keys)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
                id.description, name.description, time, busPasswordHash, imageTokenHash, try FleetJSON.storedText(keys),
            ])
    }

    func page(after cursor: String?, limit: Int) throws -> Page<HostResource> {
        let after = try cursor.map { try Cursor.decode($0, count: 1)[0] } ?? ""
        return try Page.collect(limit: limit) { count in
            try connection.rows(
                "SELECT \(Self.columns) FROM hosts WHERE name > ? ORDER BY name LIMIT ?", [after, count]
            ).map(resource)
        } key: {
            [$0.name.description]
        }
    }

    func find(_ idOrName: String) throws -> HostResource {
        let row =
            try connection.first("SELECT \(Self.columns) FROM hosts WHERE id = ?", [idOrName.lowercased()])
            ?? connection.first("SELECT \(Self.columns) FROM hosts WHERE name = ?", [idOrName])
        guard let row else { throw StoreError.notFound(kind: "host", name: idOrName) }
        return try resource(row)
    }

    func ids() throws -> Set<HostID> {
        Set(try connection.rows("SELECT id FROM hosts").map { try $0.id(0) })
    }

    func remove(_ id: HostID) throws {
        try connection.execute("DELETE FROM hosts WHERE id = ?", [id.description])
    }

    func setLabels(_ labels: [String: String], of id: HostID) throws {
        try connection.execute(
            "UPDATE hosts SET labels = ? WHERE id = ?", [try FleetJSON.storedText(labels), id.description])
    }

    /// The controller's keys that a host trusts; nil while nobody knows.
    func trustedKeys(of id: HostID) throws -> [VerifyingKey]? {
        try connection.first("SELECT trusted_keys FROM hosts WHERE id = ?", [id.description])?.optionalJSON(0)
    }

    /// The same of all hosts, by name.
    func trustedKeys() throws -> [HostTrust] {
        try connection.rows("SELECT name, trusted_keys FROM hosts ORDER BY name").map {
            HostTrust(name: try $0.id(0), keys: try $0.optionalJSON(1))
        }
    }

    func setTrustedKeys(_ keys: [VerifyingKey], of id: HostID) throws {
        try connection.execute(
            "UPDATE hosts SET trusted_keys = ? WHERE id = ?", [try FleetJSON.storedText(keys), id.description])
    }

    func busCredentials() throws -> [BusCredential] {
        try connection.rows("SELECT id, bus_password_hash FROM hosts ORDER BY id").map {
            BusCredential(host: try $0.id(0), passwordHash: try $0.get(1))
        }
    }

    func imageTokenHash(of id: HostID) throws -> String? {
        try connection.first("SELECT image_token_hash FROM hosts WHERE id = ?", [id.description])?.get(0)
    }

    private func resource(_ row: Row) throws -> HostResource {
        HostResource(
            id: try row.id(0), name: try row.id(1), labels: try row.json(2), state: try row.word(3),
            lastSeenAt: try row.get(4), createdAt: try row.get(5), agentVersion: try row.get(6),
            vmCount: try row.get(7))
    }
}
