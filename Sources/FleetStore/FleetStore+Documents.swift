import FleetModel
import FoundationEssentials

extension FleetStore {
    /// Makes a window or a policy what the document says. Jobs keep the times that their window had when they were asked for.
    public func applyDocument(
        _ kind: DocumentKind, _ name: ResourceName, document: [String: JSONValue], by author: Author
    ) throws(StoreError) -> DocumentApplication {
        let application = try write { connection in
            let documents = DocumentRepository(connection: connection, kind: kind)
            let found = try documents.find(name)
            if let found, found.document == document { return DocumentApplication(applied: found, changed: false) }
            let now = time.now()
            let resource = DocumentResource(
                name: name, document: document, createdAt: found?.createdAt ?? now, updatedAt: now)
            try documents.put(resource)
            try audit("\(kind.rawValue).apply", name.description, by: author)
            return DocumentApplication(applied: resource, changed: true)
        }
        if kind == .policy, application.changed { desires.announce(0) }
        return application
    }

    /// By name.
    public func documents(
        _ kind: DocumentKind, after cursor: String?, limit: Int
    ) throws(StoreError) -> Page<DocumentResource> {
        try read { try DocumentRepository(connection: $0, kind: kind).page(after: cursor, limit: limit) }
    }

    public func document(_ kind: DocumentKind, _ name: ResourceName) throws(StoreError) -> DocumentResource {
        try read { connection in
            guard let found = try DocumentRepository(connection: connection, kind: kind).find(name) else {
                throw StoreError.notFound(kind: kind.rawValue, name: name.description)
            }
            return found
        }
    }

    /// Jobs keep the times that a window had; hosts leave a policy's snapshots as they are.
    public func removeDocument(_ kind: DocumentKind, _ name: ResourceName, by author: Author) throws(StoreError) {
        _ = try document(kind, name)
        try write { connection in
            try DocumentRepository(connection: connection, kind: kind).remove(name)
            try audit("\(kind.rawValue).remove", name.description, by: author)
        }
        if kind == .policy { desires.announce(0) }
    }
}
