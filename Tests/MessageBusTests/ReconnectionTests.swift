import FleetRuntime
import Testing

@testable import MessageBus

@Suite struct ReconnectionTests {
    private var generator = SeededGenerator(seed: 7)
    private let policy = ReconnectPolicy(base: .seconds(1), cap: .seconds(60), twinInterval: .seconds(900))

    @Test mutating func takesReasonCode8EForATwinAtOnce() {
        var reconnection = Reconnection(policy: policy)
        let first = reconnection.lost(after: .seconds(3600), reasonCode: 0x8E, using: &generator)
        #expect(isTwin(first))
        #expect(retryDelay(first) <= .seconds(1), "once more, to tell the controller")
        #expect(
            reconnection.lost(after: .seconds(2), reasonCode: 0x8E, using: &generator)
                == .twin(
                    evidence: "the broker says that another client took over the session", retryAfter: .seconds(900)))
        // A connection that held is the end of the matter.
        #expect(retryDelay(reconnection.lost(after: .seconds(60), reasonCode: 0x8E, using: &generator)) < .seconds(60))
    }

    @Test mutating func takesThreeEarlyLossesInARowForATwin() {
        var reconnection = Reconnection(policy: policy)
        #expect(!isTwin(reconnection.lost(after: .seconds(1), reasonCode: nil, using: &generator)))
        #expect(!isTwin(reconnection.lost(after: .seconds(9), reasonCode: nil, using: &generator)))
        #expect(isTwin(reconnection.lost(after: .seconds(1), reasonCode: nil, using: &generator)))
        // Once seen, one early loss is enough, until a connection has held.
        #expect(isTwin(reconnection.lost(after: .seconds(1), reasonCode: nil, using: &generator)))
        #expect(!isTwin(reconnection.lost(after: .seconds(10), reasonCode: nil, using: &generator)))
        #expect(!isTwin(reconnection.lost(after: .seconds(1), reasonCode: nil, using: &generator)))
    }

    @Test mutating func takesABrokerThatRestartsForNoTwin() {
        var reconnection = Reconnection(policy: policy)
        for _ in 0..<10 {
            #expect(!isTwin(reconnection.lost(after: .seconds(1), reasonCode: nil, using: &generator)))
            #expect(!isTwin(reconnection.lost(after: .seconds(1), reasonCode: nil, using: &generator)))
            #expect(!isTwin(reconnection.lost(after: nil, reasonCode: nil, using: &generator)))
        }
    }

    @Test mutating func takesABrokerThatKeepsForgettingForNoTwin() {
        var reconnection = Reconnection(policy: policy)
        for _ in 0..<10 {
            #expect(
                !isTwin(
                    reconnection.lost(after: .seconds(1), brokerForgot: true, reasonCode: nil, using: &generator)))
        }
        // The first connection of a new broker finds no session, those after it find what the twin has taken over.
        #expect(!isTwin(reconnection.lost(after: .seconds(1), reasonCode: nil, using: &generator)))
        #expect(isTwin(reconnection.lost(after: .seconds(1), reasonCode: nil, using: &generator)))
    }

    @Test mutating func waitsLongerWithEveryFailureUntilAConnectionHolds() {
        var reconnection = Reconnection(policy: policy)
        var long = 0
        for attempt in 0..<200 {
            let decision = reconnection.lost(after: nil, reasonCode: nil, using: &generator)
            #expect(isRetry(decision, within: min(.seconds(1 << min(attempt, 6)), .seconds(60))))
            if isRetry(decision, within: .seconds(30)) == false { long += 1 }
        }
        #expect(long > 50)
        #expect(
            isRetry(reconnection.lost(after: .seconds(60), reasonCode: nil, using: &generator), within: .seconds(1)))
    }

    private func isRetry(_ decision: Reconnection.Decision, within limit: Duration) -> Bool {
        if case .retry(let delay) = decision { delay >= .zero && delay <= limit } else { false }
    }

    private func retryDelay(_ decision: Reconnection.Decision) -> Duration {
        switch decision {
        case .retry(let delay), .twin(_, let delay): delay
        }
    }

    private func isTwin(_ decision: Reconnection.Decision) -> Bool {
        if case .twin = decision { true } else { false }
    }
}
