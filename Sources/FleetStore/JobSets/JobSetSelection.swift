import FleetModel
import FoundationEssentials

/// Which of a host's unfinished jobs stand in its job set. Pure.
enum JobSetSelection {
    /// What a set needs beside its jobs, with room to spare.
    private static let frameBytes = 1024

    /// Jobs that the host may know of stay until they are over, for absence would take them back; planned ones join,
    /// in their order, while there is room.
    /// - Parameter jobs: in the order of their turns.
    /// - Returns: also the array as the database keeps it.
    static func select(_ jobs: [StoredJob], now: Date) throws -> (jobs: [Job], text: String) {
        var selected: [Job] = []
        var texts: [String] = []
        var bytes = frameBytes
        var full = false
        for stored in jobs.filter(\.published) + jobs.filter({ !$0.published }) where isNeeded(stored, now: now) {
            let job = Job(stored.resource)
            let text = try FleetJSON.storedText(job)
            let size = text.utf8.count + 1
            let fits = selected.count < JobSet.maximumJobs && bytes + size <= JobSet.maximumBytes
            guard stored.published || (fits && !full) else {
                // The next one may be smaller, but must not overtake.
                full = true
                continue
            }
            selected.append(job)
            texts.append(text)
            bytes += size
        }
        return (selected, "[\(texts.joined(separator: ","))]")
    }

    /// Whether what has become of a job can change its host's set. Most of what hosts report does not.
    static func differs(_ before: StoredJob, _ after: StoredJob, now: Date) -> Bool {
        before.published != after.published || isNeeded(before, now: now) != isNeeded(after, now: now)
            || after.absentSince != nil
    }

    /// A job whose time has passed is needed only where it may have begun.
    private static func isNeeded(_ job: StoredJob, now: Date) -> Bool {
        // A host knows what it has asked itself for.
        if job.resource.policy != nil && !job.resource.cancelRequested { return false }
        // What has not begun, or may not have, is withdrawn by its absence; what has begun goes on.
        let isToVanish = job.withdrawRequested && !job.resource.cancelRequested
        if isToVanish && (job.resource.state == .withdrawing || job.resource.state == .lost) { return false }
        return switch job.resource.state {
        case .expiring: false
        case .planned, .offered, .accepted, .waiting, .staging, .ready, .withdrawing: job.resource.expiresAt > now
        default: !job.resource.state.isTerminal
        }
    }
}

extension Job {
    /// The job as it travels. A cancelled job's `cancel` is shorter as JSON, so a set never grows by it.
    fileprivate init(_ resource: JobResource) {
        self.init(
            id: resource.id, kind: resource.kind, arguments: resource.arguments,
            notBefore: resource.conditions?.notBefore, expiresAt: resource.expiresAt,
            cancel: resource.cancelRequested,
            requirements: resource.conditions.map { JobTerms($0).words } ?? [],
            windows: resource.conditions?.windows ?? [], rank: resource.rank)
    }
}
