import FleetModel
import FoundationEssentials

extension JobScheduler {
    /// A time in which a job may begin.
    enum Period: Equatable, Sendable {
        /// It waits for no window.
        case any
        case window(Occurrence)
        /// It has missed so many windows that it waits for none any more.
        case forced
    }

    /// - Returns: nil while it may not begin, as far as that depends on the calendar alone.
    func period(of job: Candidate, at date: Date) -> Period? {
        if let notBefore = job.notBefore, date < notBefore { return nil }
        if job.windows.isEmpty { return .any }
        if let forced = forcedAt(job), forced <= date { return .forced }
        return job.windows.first { $0.contains(date) }.map(Period.window)
    }

    /// When as many windows as it takes have ended without the job's start.
    func forcedAt(_ job: Candidate) -> Date? {
        guard let count = job.forceAfter, count > 0 else { return nil }
        let possible = job.windows.filter { $0.end > job.notBefore ?? .distantPast }
        return count <= possible.count ? possible[count - 1].end : nil
    }

    /// The first time, not before a given one, at which the job may begin.
    func opening(of job: Candidate, from date: Date) -> Date? {
        let earliest = max(date, job.notBefore ?? date)
        if period(of: job, at: earliest) != nil { return earliest }
        // A window that ends and forces it is one that `earliest` is in.
        return job.windows.first { $0.start > earliest }?.start
    }
}
