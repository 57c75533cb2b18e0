import FleetModel
import FoundationEssentials
import SQLite

/// The templates' versions; each is immutable.
struct TemplateRepository {
    let connection: Connection

    func add(_ image: ImageReference, at time: Date) throws {
        guard try find(image.template, image.version) == nil else {
            throw StoreError.conflict(
                "template '\(image.template)' has a version '\(image.version)', and versions never change; choose another"
            )
        }
        try connection.execute(
            "INSERT INTO templates (name, version, image, created_at) VALUES (?, ?, ?, ?)",
            [image.template.description, image.version.description, try FleetJSON.storedText(image), time])
    }

    func find(_ name: ResourceName, _ version: ResourceName) throws -> TemplateResource? {
        try connection.first(
            "SELECT image, created_at FROM templates WHERE name = ? AND version = ?",
            [name.description, version.description]
        ).map(template)
    }

    /// The version that was added last.
    func newest(_ name: ResourceName) throws -> TemplateResource? {
        try connection.first(
            "SELECT image, created_at FROM templates WHERE name = ? ORDER BY created_at DESC, rowid DESC LIMIT 1",
            [name.description]
        ).map(template)
    }

    /// By name and version.
    func page(after cursor: String?, limit: Int) throws -> Page<TemplateResource> {
        let after = try cursor.map { try Cursor.decode($0, count: 2) } ?? ["", ""]
        return try Page.collect(limit: limit) { count in
            try connection.rows(
                """
                SELECT image, created_at FROM templates WHERE (name, version) > (?, ?)
                ORDER BY name, version LIMIT ?
                """,
                [after[0], after[1], count]
            ).map(template)
        } key: {
            [$0.image.template.description, $0.image.version.description]
        }
    }

    private func template(_ row: Row) throws -> TemplateResource {
        TemplateResource(image: try row.json(0), createdAt: try row.get(1))
    }
}
