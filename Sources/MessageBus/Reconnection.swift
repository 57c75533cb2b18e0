import FleetRuntime

/// Decides when to connect again, and whether a loss is the work of a second client with the same identity.
struct Reconnection {
    enum Decision: Equatable {
        case retry(after: Duration)
        case twin(evidence: String, retryAfter: Duration)
    }

    /// MQTT 5: session taken over.
    static let takenOver = 0x8E
    /// A connection lost sooner than this after CONNACK is suspicious.
    static let early: Duration = .seconds(10)
    /// So many suspicious losses in a row are a twin.
    static let threshold = 3

    private let policy: ReconnectPolicy
    private var backoff: Backoff
    private var earlyLosses = 0
    /// A twin was seen, and no connection has held since.
    private var isTwinKnown = false

    init(policy: ReconnectPolicy) {
        self.policy = policy
        backoff = Backoff(base: policy.base, cap: policy.cap)
    }

    /// - Parameters:
    ///   - lifetime: how long the connection stood after CONNACK; nil when there was none. A twin lets every attempt
    ///     succeed, a broker that restarts does not, so a failed attempt clears the suspicion.
    ///   - brokerForgot: the broker did not know, at CONNACK, the session that it should have kept: it had died, and so
    ///     ended what was before. A twin takes the session over and leaves it in place.
    ///   - reasonCode: the broker's, if it gave one.
    mutating func lost(
        after lifetime: Duration?, brokerForgot: Bool = false, reasonCode: Int?,
        using generator: inout some RandomNumberGenerator
    ) -> Decision {
        if let lifetime, lifetime >= Self.early { isTwinKnown = false }
        if reasonCode == Self.takenOver {
            return twin("the broker says that another client took over the session", using: &generator)
        }
        guard let lifetime else {
            earlyLosses = 0
            return .retry(after: backoff.next(using: &generator))
        }
        guard lifetime < Self.early else {
            earlyLosses = 0
            backoff.reset()
            return .retry(after: backoff.next(using: &generator))
        }
        earlyLosses = brokerForgot ? 1 : earlyLosses + 1
        if earlyLosses >= Self.threshold {
            return twin(
                "\(earlyLosses) connections in a row were lost within \(Self.early) of being accepted",
                using: &generator)
        }
        return .retry(after: backoff.next(using: &generator))
    }

    /// - Returns: the decision for a sign that somebody else has seen.
    mutating func reported(_ evidence: String, using generator: inout some RandomNumberGenerator) -> Decision {
        twin(evidence, using: &generator)
    }

    /// Suspicion stays: one more early loss at the next attempt confirms the twin. That attempt comes soon, so that the
    /// finding reaches the controller before the long waits begin.
    private mutating func twin(_ evidence: String, using generator: inout some RandomNumberGenerator) -> Decision {
        earlyLosses = Self.threshold - 1
        defer { isTwinKnown = true }
        return .twin(
            evidence: evidence, retryAfter: isTwinKnown ? policy.twinInterval : backoff.next(using: &generator))
    }
}
