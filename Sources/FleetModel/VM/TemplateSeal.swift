/// What a template version's system was sealed with, and what a VM must have to run it. What is absent is not asked for.
public struct TemplateSeal: Codable, Hashable, Sendable {
    public var guestOS: GuestOS?
    /// At least.
    public var memoryMiB: Int?
    /// At least.
    public var vcpus: Int?
    public var secureBoot: Bool?
    public var tpm: Bool?
    /// What the system knows its disk by.
    public var diskBus: DiskBus?
    /// The profile that it was made for; a recommendation.
    public var profile: ResourceName?

    public init() {}
}

/// A file that is kept by its content.
public struct FileReference: Codable, Hashable, Sendable {
    public var digest: Digest
    public var sizeBytes: UInt64

    public init(digest: Digest, sizeBytes: UInt64) {
        self.digest = digest
        self.sizeBytes = sizeBytes
    }
}
