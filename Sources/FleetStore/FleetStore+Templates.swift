import FleetModel

extension FleetStore {
    /// - Throws: `conflict` when the template has this version.
    public func addTemplate(_ image: ImageReference, by author: Author) throws(StoreError) -> TemplateResource {
        try write { connection in
            try TemplateRepository(connection: connection).add(image, at: time.now())
            try audit("template.add", "\(image.template) \(image.version)", by: author)
        }
        desires.announce(0)
        return try template(image.template, version: image.version)
    }

    /// Template versions by name and version.
    public func templates(after cursor: String?, limit: Int) throws(StoreError) -> Page<TemplateResource> {
        try read { try TemplateRepository(connection: $0).page(after: cursor, limit: limit) }
    }

    /// - Parameter version: the one that was added last when nil.
    public func template(_ name: ResourceName, version: ResourceName?) throws(StoreError) -> TemplateResource {
        try read { connection in
            let templates = TemplateRepository(connection: connection)
            let found = if let version { try templates.find(name, version) } else { try templates.newest(name) }
            guard let template = found else {
                throw StoreError.notFound(
                    kind: "template version", name: version.map { "\(name) \($0)" } ?? name.description)
            }
            return template
        }
    }
}
