extension Profile {
    /// A directory of the host that the guest mounts by its tag (virtiofs).
    public struct Share: Codable, Equatable, Sendable {
        public var directory: String
        /// Unique in the profile: `mount -t virtiofs TAG /mnt`. virtiofs takes 36 bytes.
        public var tag: String

        public init(directory: String, tag: String) {
            self.directory = directory
            self.tag = tag
        }
    }
}
