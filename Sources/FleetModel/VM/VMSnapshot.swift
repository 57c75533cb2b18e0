import FoundationEssentials

/// One moment of a VM that its host keeps: disks, UEFI variables, TPM state and definition.
public struct VMSnapshot: Codable, Equatable, Sendable {
    /// What the guest knew of it.
    public enum Consistency: String, Codable, CaseIterable, Sendable {
        /// The VM was off.
        case off
        /// The guest agent had applications and file systems at rest.
        case app
        /// As after a power cut: there was nobody to ask, or the guest cannot.
        case crash
        /// As after a power cut: the guest agent was asked and did not answer in time.
        case quiesceTimeout = "quiesce-timeout"
    }

    /// A disk that a snapshot does not hold, because the VM's definition leaves it out.
    public struct LeftOutDisk: Codable, Equatable, Sendable {
        /// `sdb`
        public var target: String
        /// What it was on the host: `block device /dev/sdb`.
        public var backing: String

        public init(target: String, backing: String) {
            self.target = target
            self.backing = backing
        }
    }

    /// The job that made it.
    public var id: JobID
    public var name: ResourceName
    public var createdAt: Date
    public var consistency: Consistency
    /// The snapshot that the VM went on from until this one; absent when it went on from its template.
    public var parent: JobID?
    /// What the VM does now goes on from here.
    public var isCurrent: Bool
    /// The policy that made it, and alone may prune it; absent for a person's.
    public var policy: ResourceName?
    /// When it is given up by itself, unless it is pinned; absent for one that is kept until somebody deletes it.
    public var expiresAt: Date?
    /// It is not deleted before it is unpinned.
    public var pinned: Bool
    /// A deletion has begun and did not end; the snapshot can only be deleted.
    public var isBeingDeleted: Bool
    /// What it takes on the disk (st_blocks), without what lies below it.
    public var sizeBytes: UInt64
    /// Disks that it does not hold, and that a revert leaves as they are; absent when it holds all.
    public var notHeld: [LeftOutDisk]?
    /// What the guest's memory takes of that, which a revert has it go on from; absent when it is not held.
    public var memoryBytes: UInt64?

    public init(
        id: JobID, name: ResourceName, createdAt: Date, consistency: Consistency, parent: JobID? = nil,
        isCurrent: Bool = false, policy: ResourceName? = nil, expiresAt: Date? = nil, pinned: Bool = false,
        isBeingDeleted: Bool = false, sizeBytes: UInt64, notHeld: [LeftOutDisk]? = nil, memoryBytes: UInt64? = nil
    ) {
        self.id = id
        self.name = name
        self.createdAt = createdAt
        self.consistency = consistency
        self.parent = parent
        self.isCurrent = isCurrent
        self.policy = policy
        self.expiresAt = expiresAt
        self.pinned = pinned
        self.isBeingDeleted = isBeingDeleted
        self.sizeBytes = sizeBytes
        self.notHeld = notHeld
        self.memoryBytes = memoryBytes
    }
}
