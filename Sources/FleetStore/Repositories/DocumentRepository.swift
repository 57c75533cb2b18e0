import FleetModel
import FoundationEssentials
import SQLite

/// The documents of one kind, each as it was last applied.
struct DocumentRepository {
    let connection: Connection
    let kind: DocumentKind

    private static let select = "SELECT name, document, created_at, updated_at FROM documents WHERE kind = ?"

    func put(_ resource: DocumentResource) throws {
        try connection.execute(
            """
            INSERT INTO documents (kind, name, document, created_at, updated_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (kind, name) DO UPDATE SET document = excluded.document, updated_at = excluded.updated_at
            """,
            [
                kind.rawValue, resource.name.description, try FleetJSON.storedText(resource.document),
                resource.createdAt, resource.updatedAt,
            ])
    }

    func find(_ name: ResourceName) throws -> DocumentResource? {
        try connection.first("\(Self.select) AND name = ?", [kind.rawValue, name.description]).map(resource)
    }

    /// By name.
    func page(after cursor: String?, limit: Int) throws -> Page<DocumentResource> {
        let after = try cursor.map { try Cursor.decode($0, count: 1) } ?? [""]
        return try Page.collect(limit: limit) { count in
            try connection.rows(
                "\(Self.select) AND name > ? ORDER BY name LIMIT ?", [kind.rawValue, after[0], count]
            ).map(resource)
        } key: {
            [$0.name.description]
        }
    }

    func all() throws -> [DocumentResource] {
        try connection.rows("\(Self.select) ORDER BY name", [kind.rawValue]).map(resource)
    }

    func remove(_ name: ResourceName) throws {
        try connection.execute(
            "DELETE FROM documents WHERE kind = ? AND name = ?", [kind.rawValue, name.description])
    }

    private func resource(_ row: Row) throws -> DocumentResource {
        DocumentResource(
            name: try row.id(0), document: try row.json(1), createdAt: try row.get(2), updatedAt: try row.get(3))
    }
}
