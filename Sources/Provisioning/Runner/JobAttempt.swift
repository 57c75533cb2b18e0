import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor

/// One pass through the steps of one job.
struct JobAttempt<Kind: JobKind>: Sendable {
    let executor: JobExecutor
    let kind: Kind
    let entry: JournalledJob
    let steps: [any JobStep]

    private var journal: JobJournal { executor.journal }

    /// Takes every step that is not done yet, then verifies.
    /// - Returns: a remark for the final report.
    func forward(_ plan: Kind.Plan) async throws -> String? {
        let records = try await journal.steps(of: entry.id)
        let storedPlan = try FleetJSON.value(plan)
        // Stored with what comes next: a crash until then finds the effect, as one right after the effect does.
        var ended: String?
        for (position, step) in steps.enumerated() where records[step.name] != .done {
            let resumed = records[step.name] == .intended
            if !resumed {
                try await stopIfCancelled()
                try await pass(.beforeIntent, step)
                if records.isEmpty && position == 0, await !executor.mayBegin() { throw NotBegun() }
                let number = JobReport.Step(index: position + 1, count: steps.count, name: step.name)
                let report = entry.report(.applying, step: number, vm: kind.vm)
                try await journal.intend(
                    position, after: ended, report, plan: storedPlan, at: await executor.now())
                ended = nil
                await executor.reported()
                try await pass(.afterIntent, step)
            }
            try await take(step, resumed: resumed)
            try await pass(.afterEffect, step)
            ended = step.name
        }
        try await executor.report(entry, kind, .verifying, done: ended)
        try await pass(.beforeVerification)
        let remark = try await whileConnected {
            try await kind.verify(plan, on: executor.host) { try await stopIfCancelled() }
        }
        try await pass(.afterVerification)
        return remark
    }

    /// Takes back what was done, where the kind does that, and ends the job.
    func backward(_ problem: JobProblem) async throws {
        let records = try await journal.steps(of: entry.id)
        let cancelled = problem == .cancelled
        if cancelled && records.isEmpty { return try await end(.cancelled, problem) }
        guard Kind.rollsBack || cancelled else { return try await end(.failed, problem) }
        try await executor.report(entry, kind, .rollingBack, problem)
        try await pass(.afterFailure)
        for step in steps.reversed() where Kind.rollsBack {
            guard let record = records[step.name], record != .undone else { continue }
            try await pass(.beforeUndo, step)
            do {
                try await whileConnected { try await step.undo() }
            } catch {
                try executor.rethrowUnlessProblem(error)
                let obstacle = JobProblem(error)
                let message = "\(problem.message); taking back '\(step.name)' failed: \(obstacle.message)"
                return try await end(.rollbackFailed, JobProblem(problem.reason, message))
            }
            try await pass(.afterUndo, step)
            try await journal.mark(entry.id, step.name, .undone)
        }
        try await end(cancelled ? .cancelled : .rolledBack, problem)
    }

    func end(_ state: JobState, _ problem: JobProblem?, remark: String? = nil) async throws {
        try await pass(.beforeEnd)
        try await executor.report(entry, kind, state, problem, remark: remark)
        try await pass(.afterEnd)
    }

    /// - Parameter resumed: the effect may have been taken before, entirely or in part.
    private func take(_ step: any JobStep, resumed: Bool) async throws {
        var resumed = resumed
        try await whileConnected {
            switch try await step.probe() {
            case .done: return
            case .absent where resumed && !step.isMarked: throw JobProblem.interrupted(step.name)
            case .absent: break
            case .partial: try await step.undo()
            }
            resumed = true
            try await step.apply(work)
        }
    }

    private var work: StepWork {
        StepWork(
            progress: { [executor, job = entry.id] activity, percent in
                executor.progress(JobProgress(job: job, activity: activity, percent: percent))
            }, isCancelled: executor.isCancelled)
    }

    /// Does it again when the hypervisor goes away, as soon as it is back: unreachable is unknown, never failed.
    private func whileConnected<Result>(_ body: () async throws -> Result) async throws -> Result {
        var backoff = Backoff(base: .milliseconds(500), cap: .seconds(10))
        var random = SystemRandomNumberGenerator()
        while true {
            do {
                return try await body()
            } catch let error as HypervisorError where error.code == .disconnected {
                executor.logger.warning("waiting for the hypervisor: \(error)")
                try await executor.host.time.sleep(for: backoff.next(using: &random))
            }
        }
    }

    private func stopIfCancelled() async throws {
        if await executor.isCancelled() { throw JobProblem.cancelled }
    }

    private func pass(_ moment: FaultPoint.Moment, _ step: (any JobStep)? = nil) async throws {
        do {
            try await executor.fault(FaultPoint(job: entry.id, moment: moment, step: step?.name))
        } catch {
            throw SimulatedCrash(cause: error)
        }
    }
}
