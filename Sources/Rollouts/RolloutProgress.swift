import FleetModel
import FoundationEssentials

/// What a rollout remembers of its way, and what it does next. Pure: it decides, the caller stores and offers.
public struct RolloutProgress: Codable, Equatable, Sendable {
    public private(set) var state: RolloutState
    /// 0 for the first.
    public private(set) var wave: Int
    public private(set) var soakUntil: Date?
    /// For people: why it halted.
    public private(set) var reason: String?
    /// What had happened when somebody last resumed it: the threshold counts from there.
    private var forgiven = Ends()

    private struct Ends: Codable, Equatable {
        var failures = 0
        var attempted = 0
    }

    /// What is to be done with the hosts.
    public struct Orders: Equatable, Sendable {
        /// So many more may be asked.
        public var offers = 0
        /// Jobs that have not begun are taken back.
        public var withdraws = false
        /// Jobs that have begun are asked to take back what they did.
        public var rollsBack = false
        /// Hosts that wait for their turn will not have one.
        public var closes: RolloutHostState?

        public init() {}
    }

    public init(approvalsMissing: Bool) {
        state = approvalsMissing ? .awaitingApproval : .running
        wave = 0
    }

    /// Takes what somebody asks of the rollout.
    /// - Parameter tally: as it is with the request carried out.
    /// - Returns: whether it makes sense in this state.
    public mutating func take(_ request: RolloutRequest, _ tally: RolloutTally) -> Bool {
        switch (request, state) {
        case (.approve, .awaitingApproval): state = .running
        case (.pause, .running), (.pause, .soaking): state = .paused
        case (.resume, .paused): state = soakUntil == nil ? .running : .soaking
        case (.resume, .halted):
            state = .running
            forgiven = Ends(failures: tally.failures, attempted: tally.attempted)
        case (.abort, _) where !state.isOver && state != .aborting: state = .aborting
        case (.retry, .finished): state = .running
        case (.retry, .running), (.retry, .soaking), (.retry, .paused), (.retry, .halted): break
        default: return false
        }
        // Of those that are tried again the threshold knows nothing yet.
        forgiven.failures = min(forgiven.failures, tally.failures)
        forgiven.attempted = min(forgiven.attempted, tally.attempted)
        if state != .halted { reason = nil }
        return true
    }

    /// The next step. To be called whenever something changed, and again after what it ordered was done, until it orders nothing.
    public mutating func advance(_ tally: RolloutTally, _ rules: RolloutRules, deadline: Date, now: Date) -> Orders {
        var orders = Orders()
        switch state {
        case .finished:
            orders.closes = .missed
            return orders
        case .aborted:
            orders.closes = .skipped
            return orders
        case .aborting:
            orders.withdraws = true
            orders.rollsBack = rules.rollsBackOnAbort
            orders.closes = .skipped
            if tally.occupied == 0, tally[.pending] == 0 { state = .aborted }
            return orders
        case .awaitingApproval, .paused, .halted, .running, .soaking: break
        }
        if now >= deadline {
            orders.withdraws = true
            orders.closes = .missed
            if tally.occupied == 0, tally[.pending] == 0 { finish() }
            return orders
        }
        if tally[.pending] == 0, tally.inFlight == 0, state != .awaitingApproval {
            finish()
            return orders
        }
        switch state {
        case .awaitingApproval: return orders
        case .paused, .halted:
            orders.withdraws = true
            return orders
        default: break
        }
        if halts(tally, rules) {
            orders.withdraws = true
            return orders
        }
        orders.offers = offers(tally, rules, now)
        return orders
    }

    private mutating func halts(_ tally: RolloutTally, _ rules: RolloutRules) -> Bool {
        let failures = max(0, tally.failures - forgiven.failures)
        let attempted = max(failures, tally.attempted - forgiven.attempted)
        guard rules.failureThreshold.isExceeded(by: failures, of: attempted) else { return false }
        state = .halted
        reason =
            "\(failures) of \(attempted) hosts that came to an end failed, more than the threshold of "
            + "\(rules.failureThreshold)"
        return true
    }

    private mutating func offers(_ tally: RolloutTally, _ rules: RolloutRules, _ now: Date) -> Int {
        let total = tally.total
        while wave < rules.waves.count, tally.admitted >= rules.budget(of: wave, total: total) {
            guard tally.awaited == 0 else { return 0 }
            let end = soakUntil ?? now + Double(rules.soakSeconds)
            guard now >= end else {
                state = .soaking
                soakUntil = end
                return 0
            }
            wave += 1
            soakUntil = nil
        }
        state = .running
        soakUntil = nil
        let room = min(rules.budget(of: wave, total: total) - tally.admitted, rules.concurrency - tally.occupied)
        return max(0, min(room, tally[.pending]))
    }

    private mutating func finish() {
        state = .finished
        soakUntil = nil
    }

    /// When `advance` may have something new to say though nothing changed; nil when only a change counts.
    public func nextChange(deadline: Date) -> Date? {
        switch state {
        case .finished, .aborted: nil
        case .soaking: soakUntil.map { min($0, deadline) } ?? deadline
        default: deadline
        }
    }
}
