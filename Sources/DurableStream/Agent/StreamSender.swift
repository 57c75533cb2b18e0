import FleetModel
import FleetRuntime

/// Decides what is sent when: at most 64 records are unacknowledged on the wire, in order; everything unacknowledged
/// is sent again at every connection, whenever a controller takes up its work, and when nothing was acknowledged for
/// 30 s, then 60 s, and so on.
/// Pure: the publisher tells it what happened, and asks what to read and when to come back.
public struct StreamSender: Sendable {
    public static let window = 64
    private static let patience = Duration.seconds(30)
    private static let longestPatience = Duration.seconds(16 * 60)

    private enum Link { case down, up, refusing }

    private var link = Link.down
    /// Sent and not acknowledged, oldest first; all of one epoch, because a spool offers one at a time.
    private var inFlight: [StreamPlace] = []
    private var cursor: StreamPlace?
    private var patience = Self.patience
    /// When to give up waiting, on the monotonic clock; nil while there is nothing to wait for.
    public private(set) var deadline: Duration?
    private let jitter: @Sendable () -> Double

    /// - Parameter jitter: 0 to 1; how much of half the time is added to each.
    public init(jitter: @escaping @Sendable () -> Double = { .random(in: 0...1) }) { self.jitter = jitter }

    /// How many records are on the wire.
    public var unacknowledgedCount: Int { inFlight.count }

    /// What to read from the spool and send now; nil when nothing may be sent.
    public var request: (after: StreamPlace?, limit: Int)? {
        guard link == .up, inFlight.count < Self.window else { return nil }
        return (cursor, Self.window - inFlight.count)
    }

    public mutating func connected() {
        link = .up
        startOver()
        patience = Self.patience
    }

    public mutating func disconnected() {
        link = .down
        startOver()
    }

    /// A controller has come: what was sent while there was none is with nobody.
    public mutating func controllerCame() {
        guard link != .down else { return }
        connected()
    }

    /// The broker has taken a record.
    public mutating func sent(_ place: StreamPlace, at now: Duration) {
        inFlight.append(place)
        cursor = place
        if deadline == nil { wait(from: now) }
    }

    /// The broker has not taken a record: nothing more is sent before the next connection or the deadline.
    public mutating func failed(at now: Duration) {
        guard link == .up else { return }
        link = .refusing
        wait(from: now)
    }

    /// The spool has taken an acknowledgement that was news.
    public mutating func acknowledged(_ place: StreamPlace, at now: Duration) {
        inFlight.removeAll { $0.epoch == place.epoch && $0.seq <= place.seq }
        patience = Self.patience
        guard link == .up else { return }
        deadline = nil
        if !inFlight.isEmpty { wait(from: now) }
    }

    /// The spool holds unacknowledged records before the cursor again.
    public mutating func storeChanged() { startOver() }

    /// The time has come to `deadline`, or not yet.
    public mutating func timePassed(to now: Duration) {
        guard let deadline, now >= deadline else { return }
        patience = min(patience * 2, Self.longestPatience)
        if link == .refusing { link = .up }
        startOver()
    }

    private mutating func startOver() {
        inFlight = []
        cursor = nil
        deadline = nil
    }

    private mutating func wait(from now: Duration) { deadline = now + patience * (1 + jitter() / 2) }
}
