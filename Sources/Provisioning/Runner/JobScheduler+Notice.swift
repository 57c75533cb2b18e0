import FleetModel
import FoundationEssentials

extension JobScheduler {
    /// Before the last moment at which the job may begin: so much is left to begin in, however often it has been put off.
    private static let reserve = 300.0
    /// A job that was held up begins late without another notice, for as long as the notice was; not longer than this.
    private static let longestDelay = 3600

    /// What a job that could start otherwise does about its notice.
    /// - Returns: nil when it has none, or it is over.
    func notice(of job: Candidate, at now: Date, uptime: Duration) -> Action? {
        guard let notice = job.notice else { return nil }
        if let told = valid(job, at: now) {
            return told.isOver(at: now, uptime: uptime) ? nil : .wait(job.id, wait(for: job, told))
        }
        var told = ToldNotice(toldAt: now, beginsAt: now + Double(notice.seconds), deferrals: job.told?.deferrals ?? 0)
        // What somebody has put off stays so, also beyond the window in which it was.
        if let before = job.told, Self.isPast(before, now) { told.beginsAt = max(told.beginsAt, before.beginsAt) }
        told.beginsUptime = uptime + .seconds(told.beginsAt.timeIntervalSince(now))
        return .tell(job.id, told, wait(for: job, told))
    }

    /// The notice that the person has of the job; nil when there is none, or it says nothing any more: the window in which it
    /// was told has closed, or the job was held up too long after it.
    func valid(_ job: Candidate, at now: Date) -> ToldNotice? {
        guard let notice = job.notice, let told = job.told, Self.isPast(told, now),
            let period = period(of: job, at: now), period == self.period(of: job, at: told.toldAt),
            now <= told.beginsAt + Double(min(notice.seconds, Self.longestDelay))
        else { return nil }
        return told
    }

    /// The clock may have been set back; the journal keeps milliseconds.
    private static func isPast(_ told: ToldNotice, _ now: Date) -> Bool { told.toldAt <= now + 0.001 }

    enum Deferral: Equatable, Sendable {
        case until(ToldNotice, Wait)
        /// Why not, for people.
        case refused(String)
    }

    /// The person at the host puts off a job that is announced.
    func putOff(_ job: Candidate, by seconds: Double, at now: Date, uptime: Duration) -> Deferral {
        guard let notice = job.notice, var told = valid(job, at: now) else {
            return .refused("it is not announced; 'virtfleet-agent jobs' shows which are")
        }
        guard told.deferrals < notice.deferrals else {
            return .refused(
                "it cannot be put off\(notice.deferrals == 0 ? "" : " any more"); it begins at "
                    + FleetJSON.text(begin(of: job, told)))
        }
        let wanted = max(told.beginsAt, now) + seconds
        let limit = latestBegin(of: job, notice)
        guard limit > max(told.beginsAt, now) else {
            return .refused(
                "it could not begin any more before it expires; it begins at \(FleetJSON.text(begin(of: job, told)))")
        }
        told.beginsAt = min(wanted, limit)
        told.beginsUptime = uptime + .seconds(told.beginsAt.timeIntervalSince(now))
        told.deferrals += 1
        return .until(told, wait(for: job, told))
    }

    /// When a job that is announced begins, if nothing else keeps it: put off beyond the window, it is announced again in the
    /// next.
    func begin(of job: Candidate, _ told: ToldNotice) -> Date {
        guard let notice = job.notice, case .window(let window)? = period(of: job, at: told.toldAt),
            window.end <= told.beginsAt, let opening = opening(of: job, from: window.end)
        else { return told.beginsAt }
        var next = told
        next.toldAt = opening
        next.beginsAt = max(told.beginsAt, opening + Double(notice.seconds))
        return begin(of: job, next)
    }

    /// Until when it may be put off, so that it can still begin: in the last window that is long enough for its notice, or
    /// before its expiry where it waits for no window then.
    private func latestBegin(of job: Candidate, _ notice: JobNotice) -> Date {
        let needed = Double(notice.seconds) + Self.reserve
        let canBeForced = forcedAt(job).map { $0 + needed < job.expiresAt } ?? false
        let end =
            job.windows.isEmpty || canBeForced
            ? job.expiresAt
            : job.windows.last { min($0.end, job.expiresAt).timeIntervalSince($0.start) > needed }?.end ?? .distantPast
        return min(end, job.expiresAt) - Self.reserve
    }

    private func wait(for job: Candidate, _ told: ToldNotice) -> Wait {
        let left = max(0, (job.notice?.deferrals ?? 0) - told.deferrals)
        let command = "'virtfleet-agent defer \(job.id)' on the host puts it off"
        let offer =
            switch left {
            case 0: "it cannot be put off\(told.deferrals > 0 ? " any more" : "")"
            case 1: "\(command), once\(told.deferrals > 0 ? " more" : "")"
            default: "\(command), \(left) times\(told.deferrals > 0 ? " more" : "")"
            }
        let verb = told.deferrals > 0 ? "it was put off and begins" : "it begins"
        return Wait(reason: "user", message: "\(verb) at \(FleetJSON.text(begin(of: job, told))); \(offer)")
    }
}
