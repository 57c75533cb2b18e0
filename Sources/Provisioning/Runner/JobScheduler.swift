import FleetModel
import FoundationEssentials

/// Decides what becomes of the jobs of a host, from what they are and what the time is. Pure.
struct JobScheduler: Sendable {
    /// One unfinished job.
    struct Candidate: Equatable, Sendable {
        var id: JobID
        var isStarted: Bool
        var wanted: Bool
        var cancel: Bool
        var notBefore: Date?
        /// In order; any time when there are none.
        var windows: [Occurrence] = []
        /// Once so many of them have ended, it waits for none any more.
        var forceAfter: Int?
        var notice: JobNotice?
        /// What was told of that.
        var told: ToldNotice?
        /// What of its requirements the host does not meet at the moment.
        var obstacle: Wait?
        var expiresAt: Date
        /// What no two jobs may work on at the same time.
        var locks: Set<String>
        /// Checked, and its image is on the host.
        var prepared: Bool
        var activity: Activity
        /// Not to be tried before this time since boot.
        var retryAt: Duration?

        fileprivate var hasBegun: Bool { isStarted || activity == .working }
    }

    /// Why a job waits, or why it never starts.
    struct Wait: Equatable, Sendable {
        var reason: String
        /// For people.
        var message: String
    }

    enum Activity: Equatable, Sendable { case none, preparing, working }

    enum Action: Equatable, Sendable {
        case prepare(JobID)
        /// Start, or go on with what a restart interrupted.
        case work(JobID)
        /// End the preparation; the job is looked at again afterwards.
        case interrupt(JobID)
        /// Only for jobs that have not started.
        case finish(JobID, JobState, Wait? = nil)
        case wait(JobID, Wait)
        /// Wait likewise, and from now on the person at the host knows when it begins.
        case tell(JobID, ToldNotice, Wait)
    }

    enum Clock: Equatable, Sendable { case sane(Date), insane }

    /// How many jobs work at the same time.
    var concurrency: Int
    /// How many begin within an hour, at most.
    var maximumPerHour: Int

    /// - Parameter candidates: in the order of their turns: of two jobs on one VM the earlier goes first. One that waits for a
    ///   window, a requirement, its notice, the clock or another attempt lets those behind it pass.
    /// - Parameter begun: how many jobs began within the hour that is over now.
    func decide(_ candidates: [Candidate], clock: Clock, uptime: Duration, begun: Int) -> [Action] {
        var actions: [Action] = []
        // Whoever has begun is not disturbed, not even by a job that waited and has its turn before it.
        var locked = Set(candidates.filter(\.hasBegun).flatMap(\.locks))
        var free = concurrency - candidates.count { $0.activity == .working }
        var left = maximumPerHour - begun
        for job in candidates {
            let blocked = !locked.isDisjoint(with: job.locks)
            let mayTry = job.retryAt.map { uptime >= $0 } ?? true
            if job.hasBegun {
                // What is begun is ended, whatever the clock says and however much else is going on.
                if job.activity == .none && mayTry { actions.append(.work(job.id)) }
            } else if let end = end(of: job, clock) {
                let finish = Action.finish(job.id, end, Self.remark(on: end, of: job, clock))
                actions.append(job.activity == .preparing ? .interrupt(job.id) : finish)
            } else if job.activity == .preparing {
                locked.formUnion(job.locks)
            } else if job.prepared, let wait = waitForTime(job, clock) ?? job.obstacle {
                actions.append(.wait(job.id, wait))
            } else if mayTry {
                if !blocked && !job.prepared {
                    actions.append(.prepare(job.id))
                } else if !blocked && left <= 0 {
                    actions.append(.wait(job.id, tooMany))
                } else if !blocked, let announcement = announcement(of: job, clock, uptime) {
                    actions.append(announcement)
                    continue
                } else if !blocked && free > 0 {
                    (free, left) = (free - 1, left - 1)
                    actions.append(.work(job.id))
                }
                locked.formUnion(job.locks)
            }
        }
        return actions
    }

    private var tooMany: Wait {
        Wait(
            reason: "rate",
            message: "this host begins at most \(maximumPerHour) jobs an hour (jobs.maximumPerHour in its agent.yaml)")
    }

    private func end(of job: Candidate, _ clock: Clock) -> JobState? {
        if job.cancel { return .cancelled }
        if !job.wanted { return .withdrawn }
        guard case .sane(let now) = clock else { return nil }
        let isOver = job.windows.last.map { $0.end <= now && period(of: job, at: now) == nil } ?? false
        return job.expiresAt <= now || isOver ? .expired : nil
    }

    private func announcement(of job: Candidate, _ clock: Clock, _ uptime: Duration) -> Action? {
        guard case .sane(let now) = clock else { return nil }
        return notice(of: job, at: now, uptime: uptime)
    }

    private static func remark(on end: JobState, of job: Candidate, _ clock: Clock) -> Wait? {
        guard end == .expired, case .sane(let now) = clock, job.expiresAt > now else { return nil }
        return Wait(
            reason: "window", message: "the last window in which it could have started has ended; ask for it again")
    }

    /// Whether a job's time has come, as far as it depends on clock and calendar alone.
    func isDue(_ job: Candidate, _ clock: Clock) -> Bool { waitForTime(job, clock) == nil }

    /// Whether nothing has come between the decision that a job starts and its first step.
    func mayBegin(_ job: Candidate, _ clock: Clock, uptime: Duration) -> Bool {
        guard case .sane(let now) = clock, end(of: job, clock) == nil, isDue(job, clock) else { return false }
        return notice(of: job, at: now, uptime: uptime) == nil
    }

    private func waitForTime(_ job: Candidate, _ clock: Clock) -> Wait? {
        guard case .sane(let now) = clock else {
            return Wait(
                reason: "clock",
                message: "this host's clock cannot be believed; it needs a time service, or the controller")
        }
        guard let start = opening(of: job, from: now) else {
            return Wait(reason: "window", message: "no window in which it may start is left")
        }
        return start > now ? Wait(reason: "window", message: "it may start at \(FleetJSON.text(start))") : nil
    }

    /// When something will change by the passing of time alone.
    func nextChange(_ candidates: [Candidate], clock: Clock, uptime: Duration) -> Duration? {
        var waits: [Duration] = []
        for job in candidates where job.activity != .working {
            if let retryAt = job.retryAt, retryAt > uptime { waits.append(retryAt - uptime) }
            if case .sane(let now) = clock, !job.isStarted {
                let edges = job.windows.flatMap { [$0.start, $0.end] }
                for date in [job.notBefore, job.expiresAt, job.told?.beginsAt].compactMap(\.self) + edges
                where date > now {
                    waits.append(.seconds(date.timeIntervalSince(now)))
                }
            }
        }
        return waits.min()
    }
}
