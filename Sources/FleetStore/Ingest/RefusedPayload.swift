import FoundationEssentials

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
        self.init(receivedAt: receivedAt, topic: topic, reason: reason, size: payload.count, head: payload)
    }

    /// - Parameters:
    ///   - size: bytes that arrived.
    ///   - head: how the payload began, cut to what is kept; empty when nothing of it could be read.
    public init(receivedAt: Date, topic: String, reason: Reason, size: Int, head: [UInt8] = []) {
        self.receivedAt = receivedAt
        self.topic = String(topic.prefix(512))
        self.reason = reason
        self.size = size
        self.head = Array(head.prefix(Self.keptBytes))
    }
}
