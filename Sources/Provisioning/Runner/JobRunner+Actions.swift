import FleetModel
import FleetRuntime
import Hypervisor
import ImageStore
import Signing

extension JobRunner {
    func candidate(_ entry: JournalledJob) -> JobScheduler.Candidate {
        let terms = terms(of: entry.job)
        return JobScheduler.Candidate(
            id: entry.id, isStarted: entry.isStarted, wanted: entry.wanted,
            cancel: entry.job.cancel, notBefore: entry.job.notBefore, windows: entry.job.windows.merged,
            forceAfter: terms.forceAfter, notice: terms.notice, told: entry.told, expiresAt: entry.job.expiresAt,
            locks: (try? JobKinds.read(entry.job).locks) ?? [], prepared: prepared.contains(entry.id),
            activity: activities[entry.id]?.kind ?? .none, retryAt: retries[entry.id]?.at)
    }

    /// Of a job that this agent has accepted; one whose terms it does not know never gets as far.
    func terms(of job: Job) -> JobTerms { (try? JobTerms(words: job.requirements)) ?? JobTerms(JobConditions()) }

    func perform(_ action: JobScheduler.Action, _ entries: [JobID: JournalledJob]) async throws {
        switch action {
        case .prepare(let id): start(entries[id], as: .preparing) { try await $0.prepare($1) }
        case .work(let id): start(entries[id], as: .working) { try await $0.work($1) }
        case .interrupt(let id): activities[id]?.task.cancel()
        case .finish(let id, let state, let remark):
            guard let entry = entries[id] else { return }
            try await move(entry, state, state == .cancelled ? .cancelled : remark.map(JobProblem.init))
        case .wait(let id, let wait):
            guard let entry = entries[id], entry.report.reason != wait.reason || entry.report.message != wait.message
            else { return }
            try await move(entry, .waiting, JobProblem(wait))
        case .tell(let id, let notice, let wait):
            guard let entry = entries[id] else { return }
            let report = entry.report(.waiting, JobProblem(wait))
            guard try await journal.tell(notice, after: entry.told, report, at: saneTime()) else { return }
            logger.with("job", id).info("\(entry.job.kind) is announced: \(wait.message)")
            outboxChanged.send(())
        }
    }

    /// Starts a task for the job, and looks at all jobs again when it ends.
    private func start(
        _ entry: JournalledJob?, as kind: JobScheduler.Activity,
        _ body: @escaping @Sendable (JobRunner, JournalledJob) async throws -> Void
    ) {
        guard let entry, activities[entry.id] == nil else { return }
        let task = Task {
            do {
                try await body(self, entry)
            } catch let crash as SimulatedCrash {
                stop(because: crash.cause)
            } catch is CancellationError {
                // Interrupted, or the agent ends: the journal says where to go on.
            } catch {
                logger.with("job", entry.id).error("stopped, will go on later: \(error)")
                retryLater(entry.id)
            }
            activities[entry.id] = nil
            if entry.policy != nil, kind == .working, let vm = try? JobKinds.read(entry.job).vm { prunedVMs.remove(vm) }
            wake.send(())
            if kind == .working { moves.send(()) }
        }
        activities[entry.id] = Activity(kind: kind, vm: try? JobKinds.read(entry.job).vm, task: task)
    }

    /// Judges a new job and brings its image to the host. Touches nothing else.
    func prepare(_ entry: JournalledJob) async throws {
        let kind: any JobKind
        do {
            kind = try accept(entry.job)
            if entry.state == .offered { try await kind.check(on: host) }
        } catch let error as HypervisorError where error.code == .disconnected {
            // It cannot be judged now; what cannot be done is noticed before the first step all the same.
            return try await postpone(entry, JobProblem("agent", error.description))
        } catch {
            if Task.isCancelled { throw CancellationError() }
            // With the VM, so that whoever looks at it looks again: it may not be what was thought of it.
            return try await move(
                entry, [entry.state == .offered ? .rejected : .failed], JobProblem(error),
                vm: try? JobKinds.read(entry.job).vm)
        }
        var missing: [ImageReference] = []
        for image in kind.images where await host.images.image(image) == nil { missing.append(image) }
        guard !missing.isEmpty else { return try await markPrepared(entry, kind) }
        if let obstacle = await stagingObstacle(entry.job) { return try await postpone(entry, obstacle) }
        try await move(entry, [.accepted, .staging], vm: kind.vm)
        do {
            try await fetch(missing, for: entry)
        } catch {
            if Task.isCancelled { throw CancellationError() }
            if let obstacle = error as? JobProblem { return try await postpone(entry, obstacle) }
            let problem = JobProblem(error)
            guard (error as? ImageError)?.isTransient == true else { return try await move(entry, .failed, problem) }
            return try await postpone(entry, JobProblem("network", problem.message))
        }
        try await markPrepared(entry, kind)
    }

    private func markPrepared(_ entry: JournalledJob, _ kind: any JobKind) async throws {
        try await move(entry, [.accepted, .ready], vm: kind.vm)
        prepared.insert(entry.id)
        retries[entry.id] = nil
    }

    /// - Throws: `JobProblem` for what this agent cannot or shall not do.
    private func accept(_ job: Job) throws -> any JobKind {
        let kind = try JobKinds.read(job)
        guard configuration.allowedKinds.contains(type(of: kind).name) else {
            throw JobProblem("not-allowed", "this host's configuration does not allow \(job.kind)")
        }
        do throws(UnknownTerm) {
            _ = try JobTerms(words: job.requirements)
        } catch {
            throw JobProblem(
                "unknown-requirement",
                "this agent cannot judge the requirement '\(error.word)', only \(JobTerms.expectation); update the agent"
            )
        }
        return kind
    }

    func work(_ entry: JournalledJob) async throws {
        // A set that came after the decision may not want it any more, and the person at the host may have put it off.
        guard let entry = try await journal.job(entry.id),
            entry.isStarted || (entry.wanted && !entry.job.cancel && !isAnnounced(entry))
        else { return }
        let executor = JobExecutor(
            journal: journal, host: host, logger: logger.with("job", entry.id), now: { await self.saneTime() },
            mayBegin: { await self.mayBegin(entry.id) }, isCancelled: { await self.isCancelled(entry.id) },
            progress: { [progress] in progress.send($0) },
            reported: { self.outboxChanged.send(()) }, fault: fault)
        let outcome = try await executor.run(JobKinds.read(entry.job), entry)
        if case .notNow(let problem) = outcome { try await postpone(entry, problem) }
    }

    /// Asked right before its first step: while it was prepared the window may have closed, or the host slept.
    private func mayBegin(_ id: JobID) async -> Bool {
        guard let entry = try? await journal.job(id) else { return false }
        return scheduler.mayBegin(
            candidate(entry), saneTime().map { .sane($0) } ?? .insane, uptime: host.time.uptime())
    }

    private func isCancelled(_ id: JobID) async -> Bool {
        (try? await journal.job(id))??.job.cancel == true
    }

    private func postpone(_ entry: JournalledJob, _ problem: JobProblem) async throws {
        let current = try await journal.job(entry.id) ?? entry
        try await move(current, current.state == .offered ? [.accepted, .waiting] : [.waiting], problem)
        retryLater(entry.id)
    }

    private func retryLater(_ id: JobID) {
        var backoff = retries[id]?.backoff ?? Backoff(base: .seconds(2), cap: .seconds(30))
        // As different from host to host as their jobs are.
        var random = DigestGenerator(text: "\(id)/\(host.time.uptime())")
        retries[id] = Retry(at: host.time.uptime() + backoff.next(using: &random), backoff: backoff)
    }

    private func move(_ entry: JournalledJob, _ state: JobState, _ problem: JobProblem? = nil) async throws {
        try await move(entry, [state], problem)
    }

    /// Reports the states that the job has not had, in this order; the problem belongs to the last.
    private func move(
        _ entry: JournalledJob, _ states: [JobState], _ problem: JobProblem? = nil, vm: VMID? = nil
    ) async throws {
        let current = try await journal.job(entry.id) ?? entry
        let news = current.state == .offered ? states[...] : states.suffix(1)
        let reports = news.map { current.report($0, $0 == states.last ? problem : nil, vm: vm) }
        try await journal.move(reports, at: saneTime())
        let summary = news.map(\.rawValue).joined(separator: ", ")
        logger.with("job", entry.id).info("\(entry.job.kind) \(summary)\(problem.map { ": \($0)" } ?? "")")
        outboxChanged.send(())
    }
}

extension JobProblem {
    init(_ wait: JobScheduler.Wait) { self.init(wait.reason, wait.message) }
}
