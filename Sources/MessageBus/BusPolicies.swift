/// What a bus holds at most.
public struct BusLimits: Equatable, Sendable {
    /// Events waiting for the consumer. A controller that reads a whole fleet's retained topics wants more.
    public var queuedEvents: Int
    /// Bytes of payload waiting for the consumer.
    public var queuedBytes: Int
    /// Publishes without an answer yet.
    public var publishesUnderWay: Int
    public var publishedBytesUnderWay: Int
    /// Larger payloads are dropped when they arrive and refused when they are published.
    public var payloadBytes: Int

    public init(
        queuedEvents: Int = 4096, queuedBytes: Int = 32 << 20, publishesUnderWay: Int = 1024,
        publishedBytesUnderWay: Int = 16 << 20, payloadBytes: Int = 1 << 20
    ) {
        self.queuedEvents = queuedEvents
        self.queuedBytes = queuedBytes
        self.publishesUnderWay = publishesUnderWay
        self.publishedBytesUnderWay = publishedBytesUnderWay
        self.payloadBytes = payloadBytes
    }
}

/// When a bus connects again.
public struct ReconnectPolicy: Equatable, Sendable {
    /// The longest first delay; it doubles with each failure up to `cap`, full jitter.
    public var base: Duration
    public var cap: Duration
    /// The delay while a second client with the same identity is known; the first attempt after that news comes sooner.
    public var twinInterval: Duration

    public init(base: Duration = .seconds(1), cap: Duration = .seconds(60), twinInterval: Duration = .seconds(900)) {
        self.base = base
        self.cap = cap
        self.twinInterval = twinInterval
    }
}
