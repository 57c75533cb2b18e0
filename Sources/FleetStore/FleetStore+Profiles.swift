import FleetModel
import FoundationEssentials

extension FleetStore {
    /// The largest profile, as JSON: it travels in a job's arguments.
    public static let maximumProfileBytes = maximumArgumentBytes / 2

    /// Makes the document the newest version of the profile, unless it is that already.
    /// - Parameter digest: of the document's JSON as FleetJSON writes it.
    /// - Throws: `invalid` for a document that is too large for a job.
    public func applyProfile(
        _ name: ResourceName, document: [String: JSONValue], digest: Digest, by author: Author
    ) throws(StoreError) -> ProfileApplication {
        let changed = try write { connection in
            let bytes = try FleetJSON.encode(document).count
            guard bytes <= Self.maximumProfileBytes else {
                throw StoreError.invalid(
                    "profile '\(name)' has \(bytes) bytes as JSON, and a job has room for \(Self.maximumProfileBytes)")
            }
            let profiles = ProfileRepository(connection: connection)
            let newest = try profiles.find(name)
            guard newest?.digest != digest else { return false }
            let version = (newest?.version ?? 0) + 1
            try profiles.add(
                ProfileResource(
                    name: name, version: version, digest: digest, document: document, createdAt: time.now()))
            try audit("profile.apply", "\(name) \(version)", by: author)
            return true
        }
        return ProfileApplication(profile: try profile(name), changed: changed)
    }

    /// The newest version of each profile, by name.
    public func profiles(after cursor: String?, limit: Int) throws(StoreError) -> Page<ProfileResource> {
        try read { try ProfileRepository(connection: $0).page(after: cursor, limit: limit) }
    }

    /// - Parameter version: the newest when nil.
    public func profile(_ name: ResourceName, version: Int? = nil) throws(StoreError) -> ProfileResource {
        try read { connection in
            guard let profile = try ProfileRepository(connection: connection).find(name, version: version) else {
                throw version.map { StoreError.notFound(kind: "profile version", name: "\(name) \($0)") }
                    ?? .notFound(kind: "profile", name: name.description)
            }
            return profile
        }
    }

    /// Removes a profile with all its versions. Jobs carry their own copy.
    public func removeProfile(_ name: ResourceName, by author: Author) throws(StoreError) {
        _ = try profile(name)
        try write { connection in
            try ProfileRepository(connection: connection).remove(name)
            try audit("profile.remove", name.description, by: author)
        }
    }
}
