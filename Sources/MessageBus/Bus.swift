import FleetModel
import FleetRuntime

/// A client's connection to a message broker, MQTT 5 in its terms. One value is one client identity; it connects and
/// reconnects by itself until `disconnect()`.
public protocol Bus: Sendable {
    /// Everything that arrives, in the order of arrival. One consumer. Bounded: what does not fit is counted in
    /// `statistics` (a durable sender will send again).
    var events: Mailbox<BusEvent> { get }

    /// Starts connecting and keeps at it.
    /// - Parameter prepare: called before every connection attempt; gives the will of that attempt.
    func connect(prepare: @escaping @Sendable () -> ConnectionAttempt) async

    /// Subscriptions are remembered and made again at every connection, before `connected` is reported.
    func subscribe(_ filter: String, qos: QoS) async throws(BusError)

    /// Returns when the broker has taken the message: PUBACK for QoS 1, handed to the socket for QoS 0.
    /// - Throws: `notConnected` at once while there is no connection; `connectionLost` if it breaks before the PUBACK
    ///   (the broker may or may not have the message); `queueFull` when too much is under way.
    func publish(_ message: BusMessage) async throws(BusError)

    /// Tells of a sign of a second machine with this identity that only the caller can see (a foreign `session` on
    /// its own presence): disconnects normally, reports `twin` and tries again at the twin interval.
    func reportTwin(evidence: String)

    /// Disconnects normally (no will is published) and stays away until `resume()`. Returns once it has; at once while
    /// there is no connection, and none is made then.
    func suspend() async

    /// Connects again after `suspend()`.
    func resume()

    /// Disconnects normally (no will is published) and ends `events`. Final.
    func disconnect() async

    var statistics: BusStatistics { get }
}

public enum QoS: Int32, Codable, Sendable { case atMostOnce = 0, atLeastOnce = 1 }

public struct BusMessage: Equatable, Sendable {
    public var topic: String
    public var payload: [UInt8]
    public var qos: QoS
    public var retain: Bool
    public var userProperties: [UserProperty]
    public var responseTopic: String?
    public var correlationData: [UInt8]?
    /// MQTT 5 message expiry interval, seconds.
    public var expirySeconds: UInt32?

    public struct UserProperty: Equatable, Sendable {
        public var name: String
        public var value: String
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(
        topic: String, payload: [UInt8], qos: QoS = .atLeastOnce, retain: Bool = false,
        userProperties: [UserProperty] = [],
        responseTopic: String? = nil, correlationData: [UInt8]? = nil, expirySeconds: UInt32? = nil
    ) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
        self.userProperties = userProperties
        self.responseTopic = responseTopic
        self.correlationData = correlationData
        self.expirySeconds = expirySeconds
    }

    public func userProperty(_ name: String) -> String? { userProperties.first { $0.name == name }?.value }
}

/// What one connection attempt declares.
public struct ConnectionAttempt: Sendable {
    public var will: BusMessage?
    /// MQTT 5 will delay interval, seconds.
    public var willDelaySeconds: UInt32

    public init(will: BusMessage?, willDelaySeconds: UInt32 = 45) {
        self.will = will
        self.willDelaySeconds = willDelaySeconds
    }
}

public enum BusEvent: Equatable, Sendable {
    /// Connected and subscribed. Comes before every message of the connection.
    case connected(sessionPresent: Bool)
    /// The connection is lost, or cannot be made for another reason than before.
    case disconnected(reason: String)
    /// Another client has this identity: reason code 0x8E, or three losses within 10 s of CONNACK
    /// (brokers that send no reason code). The bus tries again once soon, then every 15 minutes.
    case twin(evidence: String)
    case message(BusMessage)
    /// A message beyond the size limit arrived and was dropped.
    case oversized(topic: String, bytes: Int)
}

public enum BusError: Error, Equatable, Sendable {
    case notConnected
    case connectionLost
    case queueFull
    /// The broker refused: MQTT 5 reason code.
    case refused(reasonCode: Int, String)
    case invalid(String)
}

public struct BusStatistics: Equatable, Sendable {
    public var received: UInt64 = 0
    public var published: UInt64 = 0
    /// Arrived, but `events` was full.
    public var dropped: UInt64 = 0
    /// Arrived, but was larger than the limit.
    public var oversized: UInt64 = 0
    public var connections: UInt64 = 0
    public init() {}
}
