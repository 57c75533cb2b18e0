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

        /// Whether the broker keeps it.
        var isState: Bool {
            switch self {
            case .presence, .inventory, .vm: true
            case .vmGone, .record, .progress, .metrics: false
            }
        }
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
