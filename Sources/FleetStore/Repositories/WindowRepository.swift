import FleetModel
import FoundationEssentials
import SQLite

/// The windows, each as it was last applied.
struct WindowRepository {
    let connection: Connection

    private static let select = "SELECT name, document, created_at, updated_at FROM windows"

    func put(_ window: WindowResource) throws {
        try connection.execute(
            """
            INSERT INTO windows (name, document, created_at, updated_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (name) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at
            """,
            [
                window.name.description, try FleetJSON.storedText(window.document), window.createdAt, window.updatedAt,
            ])
    }

    func find(_ name: ResourceName) throws -> WindowResource? {
        try connection.first("\(Self.select) WHERE name = ?", [name.description]).map(window)
    }

    /// By name.
    func page(after cursor: String?, limit: Int) throws -> Page<WindowResource> {
        let after = try cursor.map { try Cursor.decode($0, count: 1) } ?? [""]
        return try Page.collect(limit: limit) { count in
            try connection.rows("\(Self.select) WHERE name > ? ORDER BY name LIMIT ?", [after[0], count]).map(window)
        } key: {
            [$0.name.description]
        }
    }

    func remove(_ name: ResourceName) throws {
        try connection.execute("DELETE FROM windows WHERE name = ?", [name.description])
    }

    private func window(_ row: Row) throws -> WindowResource {
        WindowResource(
            name: try row.id(0), document: try row.json(1), createdAt: try row.get(2), updatedAt: try row.get(3))
    }
}
