import FleetModel
import FoundationEssentials

/// One bus message from a host, understood as far as that can be without the database.
public struct Arrival: Sendable {
    public enum Content: Sendable {
        case presence(Presence)
        /// The document as it arrived; its digest has been checked.
        case inventory(InventoryPart, digest: Digest, document: String)
        case vm(VMDocument)
        case vmGone(VMID)
        /// A record of the durable stream, as it arrived; `report` when it is a `job.status`.
        case record(StreamHeader, text: String, report: JobReport?)
        case progress(JobProgress)
        case metrics(MetricsBatch)
    }

    public var host: HostID
    /// The controller's clock.
    public var receivedAt: Date
    /// Whether the broker had kept the message: it may be old.
    public var retained: Bool
    public var content: Content
    /// The message, in case it has to be refused.
    public var topic: String
    public var payload: [UInt8]

    public init(
        host: HostID, receivedAt: Date, retained: Bool, content: Content, topic: String, payload: [UInt8]
    ) {
        self.host = host
        self.receivedAt = receivedAt
        self.retained = retained
        self.content = content
        self.topic = topic
        self.payload = payload
    }
}

/// A message that was not taken, kept for inspection.
public struct RefusedPayload: Equatable, Sendable {
    public enum Reason: String, CaseIterable, Codable, Sendable {
        case malformed
        case tooLarge = "too-large"
        case unknownTopic = "unknown-topic"
        case unknownHost = "unknown-host"
        case wrongFleet = "wrong-fleet"
        case wrongDigest = "wrong-digest"
    }

    /// At most this much of a payload is kept.
    public static let keptBytes = 4 << 10

    public var receivedAt: Date
    public var topic: String
    public var reason: Reason
    /// Bytes that arrived.
    public var size: Int
    /// How the payload began.
    public var head: [UInt8]

    public init(receivedAt: Date, topic: String, reason: Reason, payload: [UInt8]) {
        self.receivedAt = receivedAt
        self.topic = String(topic.prefix(512))
        self.reason = reason
        size = payload.count
        head = Array(payload.prefix(Self.keptBytes))
    }

    init(receivedAt: Date, topic: String, reason: Reason, size: Int, head: [UInt8]) {
        self.receivedAt = receivedAt
        self.topic = topic
        self.reason = reason
        self.size = size
        self.head = head
    }
}

/// What a commit asks the outside to do.
public struct CommitOutcome: Sendable {
    /// The database that committed.
    public var store: StoreID
    /// Per host and epoch, how far its record is now committed; also for duplicates and records that are ahead.
    public var acknowledgements: [(host: HostID, position: StreamPosition)] = []
    /// Metrics of registered hosts, for the series store.
    public var metrics: [ReceivedMetrics] = []
    /// Hosts that came online and may hold documents that are missing here.
    public var arrived: Set<HostID> = []
    public var refused: [RefusedPayload] = []
    /// The newest commit ID, when events were stored.
    public var newest: Int64?
    /// Stream records stored, and those that were here already.
    public var committed = 0
    public var duplicates = 0
    /// Records that hosts no longer had.
    public var lost: UInt64 = 0
    /// The database turned out to be an older copy and took a new ID.
    public var restored = false
}
