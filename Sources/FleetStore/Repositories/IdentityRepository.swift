import FleetModel
import SQLite

/// Which database this is: its own ID and the fleet it serves.
struct IdentityRepository {
    let connection: Connection

    /// The database's ID, minted at first use.
    func open(fleet: FleetName) throws -> StoreID {
        guard let row = try connection.first("SELECT id, fleet FROM store") else {
            let id = StoreID.random()
            try connection.execute("INSERT INTO store (id, fleet) VALUES (?, ?)", [id.description, fleet.description])
            return id
        }
        let owner: FleetName = try row.id(1)
        guard owner == fleet else {
            throw StoreError.conflict(
                "\(connection.path) belongs to fleet '\(owner)', not '\(fleet)'; correct the configured fleet name")
        }
        return try row.id(0)
    }

    /// A new ID: what the hosts hold as acknowledged may be missing here, so they shall send it again.
    func renew() throws -> StoreID {
        let id = StoreID.random()
        try connection.execute("UPDATE store SET id = ?", [id.description])
        return id
    }
}
