/// Where a rollout stands.
public enum RolloutState: String, Codable, CaseIterable, Sendable {
    /// Its intent asks for the word of other people than the one who applied it.
    case awaitingApproval = "awaiting-approval"
    case running
    /// A wave is through; the next begins when its effects have had time to show.
    case soaking
    /// Somebody has stopped it for a while: nothing new begins.
    case paused
    /// More failed than its threshold allows: nothing new begins until somebody resumes it.
    case halted
    case aborting, aborted
    /// Every host came to an end, or the deadline has passed.
    case finished

    /// Nothing more is asked of hosts, unless somebody retries.
    public var isOver: Bool { self == .aborted || self == .finished }
}

/// Where a host stands in a rollout.
public enum RolloutHostState: String, Codable, CaseIterable, Sendable {
    /// It has not been asked, or has to be asked anew.
    case pending
    /// Its jobs are with it and have not begun.
    case offered
    case applying
    /// Its jobs have not begun as far as is known, and it is not online; it may still begin until they expire.
    case away
    /// It is not known what has become of its jobs, and nobody waits for it: it went away in the middle, or its jobs
    /// have expired and it has not said so.
    case stray
    /// It is online and says nothing of its jobs.
    case lost
    case succeeded, failed
    /// Somebody took its jobs back, or it is not to be a part of the rollout any more.
    case skipped
    /// The deadline came first.
    case missed
    /// It could not do what the rollout asks when that was planned.
    case unfit

    /// Its jobs are out, and it may come to an end by itself.
    public var isInFlight: Bool {
        switch self {
        case .offered, .applying, .away, .stray, .lost: true
        default: false
        }
    }
}
