/// `inventory/memory`. Sizes are in bytes.
public struct MemoryDocument: Codable, Equatable, Sendable {
    public struct HugePages: Codable, Equatable, Sendable {
        public var sizeBytes: UInt64
        /// Reserved now, used or not.
        public var count: UInt64
        /// Only when momentary facts were asked for.
        public var free: UInt64?
    }

    /// The part of the memory that is near to some of the processors.
    public struct Node: Codable, Equatable, Sendable {
        public var id: Int
        public var totalBytes: UInt64?
        /// One entry for each size that the kernel offers.
        public var hugePages: [HugePages]
        /// Only when momentary facts were asked for.
        public var freeBytes: UInt64?
    }

    /// Documentation/admin-guide/mm/transhuge.rst.
    public struct TransparentHugePages: Codable, Equatable, Sendable {
        /// `always`, `madvise` or `never`.
        public var enabled: String?
        /// `always`, `defer`, `defer+madvise`, `madvise` or `never`.
        public var defrag: String?
    }

    /// Kernel samepage merging (Documentation/admin-guide/mm/ksm.rst).
    public struct PageMerging: Codable, Equatable, Sendable {
        public var isRunning: Bool
        /// Pages that need no memory of their own; only when momentary facts were asked for.
        public var sharingPages: UInt64?
    }

    public struct Swap: Codable, Equatable, Sendable {
        public enum Kind: String, Codable, Sendable { case partition, file, zram }

        /// `/dev/nvme0n1p3`, `/swapfile`.
        public var path: String
        public var kind: Kind
        public var sizeBytes: UInt64
    }

    /// How much memory the inspecting process may lock (getrlimit(2)); an absent number is no limit.
    public struct LockLimit: Codable, Equatable, Sendable {
        public var softBytes: UInt64?
        public var hardBytes: UInt64?
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
}
