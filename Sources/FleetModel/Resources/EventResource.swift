import FoundationEssentials

/// `/api/v1/events`: one committed stream record.
public struct EventResource: Codable, Equatable, Sendable {
    /// The commit ID: grows by commit order, over all hosts.
    public var id: Int64
    public var host: HostID
    public var hostName: ResourceName?
    public var type: EventType
    /// The host's clock.
    public var time: Date
    /// The controller's clock.
    public var receivedAt: Date
    public var epoch: EpochID
    public var seq: UInt64
    public var body: JSONValue

    public init(
        id: Int64, host: HostID, hostName: ResourceName?, type: EventType, time: Date, receivedAt: Date, epoch: EpochID,
        seq: UInt64, body: JSONValue
    ) {
        self.id = id
        self.host = host
        self.hostName = hostName
        self.type = type
        self.time = time
        self.receivedAt = receivedAt
        self.epoch = epoch
        self.seq = seq
        self.body = body
    }
}
