/// The pure state machine of one job, used by agent and controller. It decides; the caller stores, publishes and runs.
public struct JobStateMachine: Equatable, Sendable {
    public enum Event: Equatable, Sendable {
        /// The controller has put the job into a published set.
        case published
        /// An operator takes the job back.
        case withdrawn
        /// The job's expiry has passed.
        case expired
        /// The controller has not heard of a started job for too long.
        case silent
        /// The agent moves the job on (agent), or its report has arrived (controller).
        case reported(JobState)
        /// The host's current set no longer needs the job named and the host says that it never started it.
        case confirmedGone
    }

    public enum Outcome: Equatable, Sendable {
        case moved(JobState)
        /// The event says nothing new.
        case unchanged
        /// The event contradicts the state and is ignored.
        case refused
    }

    public private(set) var state: JobState
    /// Whether a host may know of the job.
    public private(set) var published: Bool

    public init(state: JobState = .planned, published: Bool = false) {
        self.state = state
        self.published = published
    }

    public mutating func handle(_ event: Event) -> Outcome {
        switch event {
        case .published:
            published = true
            return state == .planned ? move(.offered) : .unchanged
        case .withdrawn:
            return presume(published ? .withdrawing : .withdrawn)
        case .expired:
            return presume(published ? .expiring : .expired)
        case .silent:
            return state.isTerminal || state == .planned ? .refused : move(.lost)
        case .confirmedGone:
            switch state {
            case .withdrawing: return move(.withdrawn)
            case .expiring: return move(.expired)
            default: return .refused
            }
        case .reported(let next):
            return take(next)
        }
    }

    private mutating func presume(_ next: JobState) -> Outcome {
        if state.isBeforeStart { return move(next) }
        return state == .withdrawing || state == .expiring ? .unchanged : .refused
    }

    /// A report overrides every presumption; otherwise it must not go back. A controller may miss reports in between
    /// (a gap in the stream), so it takes any state that is reachable, not only the next.
    private mutating func take(_ next: JobState) -> Outcome {
        guard next.isReportedByAgent else { return .refused }
        published = true
        if state == next { return .unchanged }
        if state == .planned || state == .offered || state.isPresumption { return move(next) }
        return Self.reachable(from: state).contains(next) ? move(next) : .refused
    }

    private mutating func move(_ next: JobState) -> Outcome {
        if state == next { return .unchanged }
        state = next
        return .moved(next)
    }

    private static func reachable(from state: JobState) -> Set<JobState> {
        var found: Set<JobState> = []
        var frontier = [state]
        while let next = frontier.popLast() {
            for successor in next.successors where found.insert(successor).inserted { frontier.append(successor) }
        }
        return found
    }
}
