import FleetModel

/// `inventory/storage`. Free space is a metric.
public struct StorageDocument: Codable, Equatable, Sendable {
    /// A storage pool of the hypervisor.
    public struct Pool: Codable, Equatable, Sendable {
        public var name: String
        public var active: Bool
        public var capacityBytes: UInt64
        public var path: String?

        public init(name: String, active: Bool, capacityBytes: UInt64, path: String?) {
            self.name = name
            self.active = active
            self.capacityBytes = capacityBytes
            self.path = path
        }
    }

    /// The directory of base images and disks.
    public struct Images: Codable, Equatable, Sendable {
        public var path: String
        /// `ext4`, `btrfs`, `xfs`, ...
        public var fileSystem: String?
        public var mountPoint: String?
        public var capacityBytes: UInt64?
    }

    public var pools: [Pool]
    public var images: Images
}

struct StorageInspector: Sendable {
    let foundations: Foundations

    func inspect(_ subject: InspectionSubject, limitations: inout [Inspection.Limitation]) -> StorageDocument {
        let path = subject.imagesDirectory
        let mount = foundations.mounts.mount(holding: subject.root.realPath(path))
        return StorageDocument(
            pools: subject.pools.sorted { $0.name < $1.name },
            images: StorageDocument.Images(
                path: path, fileSystem: mount?.type, mountPoint: mount?.point,
                capacityBytes: subject.root.fileSystem(of: path)?.size))
    }
}
