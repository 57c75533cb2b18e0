import FleetModel

/// Decides when which acknowledgement is published: the first at once, then one per host and interval, or as soon as
/// half the window of a host that catches up is committed, so that it never stands still.
public struct AckCoalescer: Sendable {
    private struct Host {
        /// At most one per epoch, oldest first.
        var waiting: [StreamPosition] = []
        var published: (position: StreamPosition, at: Duration)?

        /// Half of what the host may send beyond the last acknowledgement has come.
        var catchesUp: Bool {
            guard let next = waiting.first, let last = published?.position else { return false }
            return next.epoch == last.epoch && next.seq >= last.seq + UInt64(StreamSender.window / 2)
        }
    }

    /// A host sends one epoch at a time; more than this can only be noise.
    private static let epochsPerHost = 4

    private let interval: Duration
    private var hosts: [HostID: Host] = [:]

    public init(interval: Duration = .seconds(1)) { self.interval = interval }

    /// The controller has answered a record: after its commit, and also for a duplicate or a record that is ahead.
    public mutating func acknowledge(_ position: StreamPosition, to host: HostID) {
        var entry = hosts[host] ?? Host()
        if let index = entry.waiting.firstIndex(where: { $0.epoch == position.epoch }) {
            entry.waiting[index] = position
        } else {
            entry.waiting.append(position)
            if entry.waiting.count > Self.epochsPerHost { entry.waiting.removeFirst() }
        }
        hosts[host] = entry
    }

    /// What `due` gave could not be published: it waits again, unless something newer does.
    public mutating func putBack(_ position: StreamPosition, to host: HostID) {
        guard hosts[host]?.waiting.contains(where: { $0.epoch == position.epoch }) != true else { return }
        hosts[host, default: Host()].waiting.insert(position, at: 0)
    }

    /// What is to be published now, retained, on `down/<host>/ack`.
    /// - Parameter now: the monotonic clock.
    public mutating func due(at now: Duration) -> [(host: HostID, position: StreamPosition)] {
        var result: [(host: HostID, position: StreamPosition)] = []
        for (host, var entry) in hosts {
            guard entry.published.map({ now >= $0.at + interval }) ?? true || entry.catchesUp else { continue }
            if entry.waiting.isEmpty {
                hosts[host] = nil
            } else {
                let position = entry.waiting.removeFirst()
                result.append((host, position))
                entry.published = (position, now)
                hosts[host] = entry
            }
        }
        return result
    }
}
