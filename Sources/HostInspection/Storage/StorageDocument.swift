import FleetModel

/// `inventory/storage`. Sizes are in bytes.
public struct StorageDocument: Codable, Equatable, Sendable {
    /// A storage pool of the hypervisor.
    public struct Pool: Codable, Equatable, Sendable {
        public var name: String
        public var active: Bool
        public var capacityBytes: UInt64
        public var path: String?
        /// Of the entry of `fileSystems` that holds it.
        public var mountPoint: String?

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
        /// Of the entry of `fileSystems` that holds it.
        public var mountPoint: String?
        public var capacityBytes: UInt64?
    }

    /// One that holds the root, the images or a pool.
    public struct FileSystem: Codable, Equatable, Sendable {
        public var mountPoint: String
        public var type: String
        /// As it was mounted: `/dev/mapper/root`.
        public var source: String
        public var options: [String]
        /// The partitions or disks that it finally lies on: `/dev/nvme0n1p2`.
        public var devices: [String]
        /// Copies of a file can share its blocks (ioctl_ficlonerange(2)); absent when it cannot be told.
        public var reflink: Bool?
        public var capacityBytes: UInt64?
        /// Only when momentary facts were asked for.
        public var availableBytes: UInt64?
    }

    /// A disk that is no part or layer of others.
    public struct Disk: Codable, Equatable, Sendable {
        public enum Transport: String, Codable, Sendable, CaseIterable {
            case nvme, sata, scsi, usb, virtio, mmc, other
        }

        /// `nvme0n1`.
        public var name: String
        public var model: String?
        public var sizeBytes: UInt64?
        /// It has platters.
        public var rotational: Bool?
        /// It takes word of blocks that are free.
        public var discard: Bool?
        public var removable: Bool?
        public var transport: Transport
        /// The PCI functions that it hangs on.
        public var functions: [PCIAddress]
    }

    public var disks: [Disk] = []
    public var fileSystems: [FileSystem] = []
    public var pools: [Pool]
    public var images: Images
}
