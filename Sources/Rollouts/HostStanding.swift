import FleetModel
import FleetRuntime
import FoundationEssentials

/// What a host's jobs of one rollout say of where it stands. Pure.
public struct HostStanding: Equatable, Sendable {
    /// One job that was asked of a host.
    public struct AskedJob: Equatable, Sendable {
        public var state: JobState
        public var expiresAt: Date
        /// Its end was asked for: by somebody, or by an abort that rolls back.
        public var cancelRequested: Bool
        public var reason: String?
        public var message: String?

        public init(
            state: JobState, expiresAt: Date, cancelRequested: Bool, reason: String? = nil, message: String? = nil
        ) {
            self.state = state
            self.expiresAt = expiresAt
            self.cancelRequested = cancelRequested
            self.reason = reason
            self.message = message
        }
    }

    /// How long a host may be away before nobody waits for it: it changes networks, or is carried to a meeting.
    public static let absence: Double = 600

    public var state: RolloutHostState
    /// Of the job that decided it.
    public var reason: String?
    public var message: String?
    /// It let the time to begin pass, rather than that its jobs were taken back.
    public var lapsed = false

    private init(_ state: RolloutHostState, of job: AskedJob? = nil, lapsed: Bool = false) {
        self.state = state
        reason = job?.reason
        message = job?.message
        self.lapsed = lapsed
    }

    /// - Parameters:
    ///   - jobs: all that are asked of it now.
    ///   - awaySince: since when it is not online; nil for one that is.
    public init(of jobs: [AskedJob], awaySince: Date?, now: Date) {
        let isAway = awaySince.map { now.timeIntervalSince($0) >= Self.absence } ?? false
        if let silent = jobs.first(where: { $0.state == .lost }) {
            self.init(.lost, of: silent)
        } else if let begun = jobs.first(where: { !$0.state.isTerminal && Self.hasBegun($0.state) }) {
            self.init(isAway ? .stray : .applying, of: begun)
        } else if let open = jobs.first(where: { !$0.state.isTerminal }) {
            if jobs.allSatisfy({ $0.state.isTerminal || $0.expiresAt + JobSet.clockTolerance.seconds <= now }) {
                self.init(.stray, of: open)
            } else {
                self.init(isAway ? .away : .offered, of: open)
            }
        } else {
            self.init(ofEnded: jobs)
        }
    }

    private init(ofEnded jobs: [AskedJob]) {
        if let failed = jobs.first(where: { Self.failures.contains($0.state) }) {
            self.init(.failed, of: failed)
        } else if let cancelled = jobs.first(where: {
            $0.state == .cancelled || ($0.state == .withdrawn && $0.cancelRequested)
        }) {
            self.init(.skipped, of: cancelled)
        } else if jobs.allSatisfy({ $0.state == .succeeded }) {
            self.init(.succeeded)
        } else {
            self.init(.pending, lapsed: jobs.contains { $0.state == .expired })
        }
    }

    private static let failures: Set<JobState> = [.failed, .rejected, .rolledBack, .rollbackFailed]

    private static func hasBegun(_ state: JobState) -> Bool {
        state == .applying || state == .verifying || state == .rollingBack
    }
}
