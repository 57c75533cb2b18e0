/// `inventory/memory`. Sizes are in bytes.
public struct MemoryDocument: Codable, Equatable, Sendable {
    public struct HugePages: Codable, Equatable, Sendable {
        public var sizeBytes: UInt64
        /// Reserved now, used or not.
        public var count: UInt64
        /// Only when momentary facts were asked for.
        public var free: UInt64?

        public init(sizeBytes: UInt64, count: UInt64, free: UInt64? = nil) {
            self.sizeBytes = sizeBytes
            self.count = count
            self.free = free
        }
    }

    /// The part of the memory that is near to some of the processors.
    public struct Node: Codable, Equatable, Sendable {
        public var id: Int
        public var totalBytes: UInt64?
        /// One entry for each size that the kernel offers.
        public var hugePages: [HugePages]
        /// Only when momentary facts were asked for.
        public var freeBytes: UInt64?

        public init(id: Int, totalBytes: UInt64? = nil, hugePages: [HugePages], freeBytes: UInt64? = nil) {
            self.id = id
            self.totalBytes = totalBytes
            self.hugePages = hugePages
            self.freeBytes = freeBytes
        }
    }

    /// Documentation/admin-guide/mm/transhuge.rst.
    public struct TransparentHugePages: Codable, Equatable, Sendable {
        /// `always`, `madvise` or `never`.
        public var enabled: String?
        /// `always`, `defer`, `defer+madvise`, `madvise` or `never`.
        public var defrag: String?

        public init(enabled: String? = nil, defrag: String? = nil) {
            self.enabled = enabled
            self.defrag = defrag
        }
    }

    /// Kernel samepage merging (Documentation/admin-guide/mm/ksm.rst).
    public struct PageMerging: Codable, Equatable, Sendable {
        public var isRunning: Bool
        /// Pages that need no memory of their own; only when momentary facts were asked for.
        public var sharingPages: UInt64?

        public init(isRunning: Bool, sharingPages: UInt64? = nil) {
            self.isRunning = isRunning
            self.sharingPages = sharingPages
        }
    }

    public struct Swap: Codable, Equatable, Sendable {
        public enum Kind: String, Codable, Sendable { case partition, file, zram }

        /// `/dev/nvme0n1p3`, `/swapfile`.
        public var path: String
        public var kind: Kind
        public var sizeBytes: UInt64

        public init(path: String, kind: Kind, sizeBytes: UInt64) {
            self.path = path
            self.kind = kind
            self.sizeBytes = sizeBytes
        }
    }

    /// How much memory the inspecting process may lock (getrlimit(2)); an absent number is no limit.
    public struct LockLimit: Codable, Equatable, Sendable {
        public var softBytes: UInt64?
        public var hardBytes: UInt64?

        public init(softBytes: UInt64? = nil, hardBytes: UInt64? = nil) {
            self.softBytes = softBytes
            self.hardBytes = hardBytes
        }
    }

    public var totalBytes: UInt64?
    public var swapBytes: UInt64?
    /// One entry for each size that the kernel offers.
    public var hugePages: [HugePages]
    public var nodes: [Node] = []
    public var transparentHugePages: TransparentHugePages?
    /// Absent when the kernel has none.
    public var pageMerging: PageMerging?
    public var swaps: [Swap] = []
    public var lockLimit: LockLimit?
    /// `heuristic`, `always` or `never` (Documentation/mm/overcommit-accounting.rst).
    public var overcommit: String?
    /// What programs could still get; only when momentary facts were asked for.
    public var availableBytes: UInt64?

    public init(
        totalBytes: UInt64? = nil, swapBytes: UInt64? = nil, hugePages: [HugePages], nodes: [Node] = [],
        transparentHugePages: TransparentHugePages? = nil, pageMerging: PageMerging? = nil, swaps: [Swap] = [],
        lockLimit: LockLimit? = nil, overcommit: String? = nil, availableBytes: UInt64? = nil
    ) {
        self.totalBytes = totalBytes
        self.swapBytes = swapBytes
        self.hugePages = hugePages
        self.nodes = nodes
        self.transparentHugePages = transparentHugePages
        self.pageMerging = pageMerging
        self.swaps = swaps
        self.lockLimit = lockLimit
        self.overcommit = overcommit
        self.availableBytes = availableBytes
    }
}
