import FleetModel
import FleetRuntime

/// What the person at the host sees of its jobs, and may do about those that are announced.
extension JobRunner {
    /// The jobs that have not ended, in the order of their creation.
    public func localJobs() async throws -> [LocalJob] { try await journal.unfinished().map(localJob) }

    /// Has an announced job begin later.
    /// - Parameters:
    ///   - id: nil for the one that is announced.
    ///   - seconds: within `JobDeferral.seconds`; so much later, or less where the job could not begin any more.
    /// - Throws: `JobProblem`, with what to do next.
    public func putOff(_ id: JobID?, by seconds: Int, _ who: LocalUser) async throws -> LocalJob {
        guard JobDeferral.seconds.contains(seconds) else {
            throw JobProblem("bad-arguments", "a job can be put off by 1 minute to 8 hours, not by \(seconds) seconds")
        }
        var entry = try await announced(id)
        guard activities[entry.id]?.kind != .working, !entry.isStarted else {
            throw JobProblem("begun", "cannot put off job \(entry.id): it has begun")
        }
        guard let now = saneTime(), let notice = terms(of: entry.job).notice else {
            throw JobProblem("not-announced", "cannot put off job \(entry.id): it is not announced")
        }
        let uptime = host.time.uptime()
        switch scheduler.putOff(candidate(entry), by: Double(seconds), at: now, uptime: uptime) {
        case .refused(let reason): throw JobProblem("refused", "cannot put off job \(entry.id): \(reason)")
        case .until(let told, let wait):
            let deferral = JobDeferral(
                job: entry.id, kind: entry.job.kind, by: who, until: told.beginsAt,
                left: notice.deferrals - told.deferrals)
            let report = entry.report(.waiting, JobProblem(wait))
            guard try await journal.tell(told, after: entry.told, report, deferral, at: now) else {
                throw JobProblem("changed", "cannot put off job \(entry.id): something else became of it meanwhile")
            }
            logger.with("job", entry.id).notice("\(who.name) (\(who.uid)) has put it off: \(wait.message)")
            (entry.told, entry.report) = (told, report)
            wake.send(())
            outboxChanged.send(())
            return localJob(entry)
        }
    }

    /// Whether it has to wait for its notice: the person may have put it off since it was decided that it begins.
    func isAnnounced(_ entry: JournalledJob) -> Bool {
        let candidate = candidate(entry)
        guard let now = saneTime() else { return candidate.notice != nil }
        return scheduler.notice(of: candidate, at: now, uptime: host.time.uptime()) != nil
    }

    private func announced(_ id: JobID?) async throws -> JournalledJob {
        let jobs = try await journal.unfinished()
        if let id {
            guard let entry = jobs.first(where: { $0.id == id }) else {
                throw JobProblem("unknown-job", "there is no job \(id) on this host, or it has ended")
            }
            return entry
        }
        let announced = jobs.filter { validNotice(of: $0) != nil }
        guard announced.count == 1 else {
            let list = announced.map { "\($0.id) (\($0.job.kind))" }.joined(separator: ", ")
            throw JobProblem(
                "ambiguous",
                announced.isEmpty
                    ? "no job is announced; 'virtfleet-agent jobs' shows what waits"
                    : "\(announced.count) jobs are announced, name one of them: \(list)")
        }
        return announced[0]
    }

    private func validNotice(of entry: JournalledJob) -> ToldNotice? {
        guard !entry.isStarted, let now = saneTime() else { return nil }
        return scheduler.valid(candidate(entry), at: now)
    }

    private func localJob(_ entry: JournalledJob) -> LocalJob {
        let (report, told) = (entry.report, validNotice(of: entry))
        var job = LocalJob(
            id: entry.id, kind: entry.job.kind, vm: report.vm, state: report.state, reason: report.reason,
            message: report.message, expiresAt: entry.job.expiresAt)
        if let told, let notice = terms(of: entry.job).notice {
            job.beginsAt = scheduler.begin(of: candidate(entry), told)
            job.deferralsLeft = max(0, notice.deferrals - told.deferrals)
        }
        return job
    }
}
