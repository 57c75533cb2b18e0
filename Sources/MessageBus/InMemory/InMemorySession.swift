import FleetRuntime

/// What the broker keeps for one client identity (MQTT 5, section 4.1).
struct InMemorySession {
    struct Subscription: Equatable {
        var filter: TopicFilter
        var qos: QoS
    }

    struct Will {
        var message: BusMessage
        var delay: Duration
    }

    /// A message with the moment it expires, on the monotonic clock.
    struct Stored {
        var message: BusMessage
        var expires: Duration?

        init(_ message: BusMessage, now: Duration) {
            self.message = message
            expires = message.expirySeconds.map { now + .seconds(Int64($0)) }
        }

        /// With the expiry interval that is left; nil when it has passed.
        func current(at now: Duration) -> BusMessage? {
            guard let expires else { return message }
            guard expires > now else { return nil }
            var message = message
            message.expirySeconds = UInt32(clamping: Int64((expires - now).seconds.rounded(.up)))
            return message
        }
    }

    var link: InMemoryLink?
    var expiry: Duration
    var will: Will?
    var subscriptions: [Subscription] = []
    var queue: [Stored] = []
    /// Kept back so that the next message overtakes it.
    var held: BusMessage?
    /// Grows with every connection and loss; a timer of an older one does nothing.
    var generation = 0

    /// The QoS a message of this topic is delivered with; nil without a subscription.
    func qos(for message: BusMessage) -> QoS? {
        let granted = subscriptions.filter { $0.filter.matches(message.topic) }.map(\.qos.rawValue).max()
        return granted.flatMap { QoS(rawValue: min($0, message.qos.rawValue)) }
    }
}
