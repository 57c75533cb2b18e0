import FleetModel
import FoundationEssentials
import SQLite

/// The profiles' versions; each is immutable.
struct ProfileRepository {
    let connection: Connection

    private static let select = "SELECT name, version, digest, document, created_at FROM profiles"

    func add(_ profile: ProfileResource) throws {
        try connection.execute(
            "INSERT INTO profiles (name, version, digest, document, created_at) VALUES (?, ?, ?, ?, ?)",
            [
                profile.name.description, profile.version, profile.digest.description,
                try FleetJSON.storedText(profile.document), profile.createdAt,
            ])
    }

    /// - Parameter version: the newest when nil.
    func find(_ name: ResourceName, version: Int? = nil) throws -> ProfileResource? {
        try connection.first(
            "\(Self.select) WHERE name = ?1 AND (?2 IS NULL OR version = ?2) ORDER BY version DESC LIMIT 1",
            [name.description, version]
        ).map(profile)
    }

    /// The newest version of each, by name.
    func page(after cursor: String?, limit: Int) throws -> Page<ProfileResource> {
        let after = try cursor.map { try Cursor.decode($0, count: 1) } ?? [""]
        return try Page.collect(limit: limit) { count in
            try connection.rows(
                """
                \(Self.select) AS listed
                WHERE name > ? AND version = (SELECT max(version) FROM profiles WHERE name = listed.name)
                ORDER BY name LIMIT ?
                """,
                [after[0], count]
            ).map(profile)
        } key: {
            [$0.name.description]
        }
    }

    /// Removes all versions.
    func remove(_ name: ResourceName) throws {
        try connection.execute("DELETE FROM profiles WHERE name = ?", [name.description])
    }

    private func profile(_ row: Row) throws -> ProfileResource {
        ProfileResource(
            name: try row.id(0), version: try row.get(1), digest: try row.id(2), document: try row.json(3),
            createdAt: try row.get(4))
    }
}
