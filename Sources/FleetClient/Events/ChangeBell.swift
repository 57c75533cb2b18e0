import FleetModel
import FleetRuntime

/// Rings when something may have changed: at each event of a kind, and at every tick of a timer.
/// Rings that nobody has heard yet are one ring.
public final class ChangeBell: Sendable {
    private let rings = Mailbox<Void>(capacity: 1)
    private let tasks: [Task<Void, Never>]

    /// - Parameters:
    ///   - host: an ID or name; nil for all.
    ///   - interval: of the timer, which also serves where the event stream cannot be had.
    public init(_ client: FleetClient, host: String? = nil, type: EventType? = nil, interval: Duration) {
        tasks = [
            Task { [rings] in
                try? await client.followEvents(host: host, type: type) { _ in rings.send(()) }
            },
            Task { [rings] in
                while (try? await client.time.sleep(for: interval)) != nil { rings.send(()) }
            },
        ]
    }

    /// Waits for the next ring. One caller at a time.
    /// - Returns: false when the calling task is cancelled, or the bell was stopped.
    public func next() async -> Bool { await rings.next() != nil }

    /// Ends the stream and the timer.
    public func stop() {
        for task in tasks { task.cancel() }
        rings.finish()
    }
}
