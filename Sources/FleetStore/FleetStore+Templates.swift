import FleetModel

extension FleetStore {
    /// - Throws: `conflict` when the template has this version.
    public func addTemplate(_ image: ImageReference, by author: Author) throws(StoreError) -> TemplateResource {
        try write { connection in
            try TemplateRepository(connection: connection).add(image, at: time.now())
            try audit("template.add", "\(image.template) \(image.version)", by: author)
        }
        return try template(image.template, version: image.version)
    }

    /// Template versions by name and version.
    public func templates(after cursor: String?, limit: Int) throws(StoreError) -> Page<TemplateResource> {
        try read { try TemplateRepository(connection: $0).page(after: cursor, limit: limit) }
    }

    public func template(_ name: ResourceName, version: ResourceName) throws(StoreError) -> TemplateResource {
        try read { connection in
            guard let template = try TemplateRepository(connection: connection).find(name, version) else {
                throw StoreError.notFound(kind: "template version", name: "\(name) \(version)")
            }
            return template
        }
    }
}
