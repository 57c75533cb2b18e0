import FleetModel
import FleetRuntime
import FoundationEssentials
import Hypervisor
import SQLite

/// Carries out one job that may start, or goes on with one that a restart interrupted: intent, effect, end, step by
/// step, and back again when it fails. Knows no verb.
struct JobExecutor: Sendable {
    enum Outcome: Equatable, Sendable {
        /// The job has its final state.
        case ended
        /// It could not start now and is as it was; to be tried again.
        case notNow(JobProblem)
        /// Something has come between; it is as it was, and to be looked at again.
        case notBegun
    }

    let journal: JobJournal
    let host: JobHost
    let logger: Logger
    /// The time for the journal; nil while the clock is not sane.
    let now: @Sendable () async -> Date?
    /// Whether it may still take its first step.
    let mayBegin: @Sendable () async -> Bool
    /// Whether the job shall stop at its next safe point.
    let isCancelled: @Sendable () async -> Bool
    /// How far a step is that takes long.
    let progress: @Sendable (JobProgress) -> Void
    /// Called after each commit that queued a report.
    let reported: @Sendable () async -> Void
    let fault: FaultPoint.Hook

    func run<Kind: JobKind>(_ kind: Kind, _ entry: JournalledJob) async throws -> Outcome {
        let plan: Kind.Plan
        if entry.isStarted, let stored = entry.plan {
            plan = try FleetJSON.decode(Kind.Plan.self, from: stored)
        } else {
            do {
                plan = try await kind.plan(on: host)
            } catch let error as HypervisorError where error.code == .disconnected {
                return .notNow(JobProblem("agent", error.description))
            } catch {
                try rethrowUnlessProblem(error)
                let problem = JobProblem(error)
                try await report(entry, kind, .failed, problem)
                return .ended
            }
        }
        let attempt = JobAttempt(executor: self, kind: kind, entry: entry, steps: kind.steps(of: plan, on: host))
        var problem = entry.state == .rollingBack ? JobProblem(entry.report) : nil
        if problem == nil {
            do {
                let remark = try await attempt.forward(plan)
                try await attempt.end(.succeeded, nil, remark: remark)
            } catch is NotBegun {
                return .notBegun
            } catch {
                try rethrowUnlessProblem(error)
                problem = JobProblem(error)
            }
        }
        if let problem { try await attempt.backward(problem) }
        return .ended
    }

    /// - Parameter done: a step whose end is stored with the report.
    func report(
        _ entry: JournalledJob, _ kind: some JobKind, _ state: JobState, _ problem: JobProblem? = nil,
        remark: String? = nil, done: String? = nil
    ) async throws {
        let report = entry.report(
            state, problem, remark: remark, vm: kind.vm, result: state.isTerminal ? kind.result : nil)
        // A loss of power while it verifies is then like a crash right after its last effect.
        try await journal.move([report], done: done, isSynced: state != .verifying, at: await now())
        logger.info("\(entry.job.kind) \(state.rawValue)\(problem.map { ": \($0)" } ?? "")")
        await reported()
    }

    /// Whatever is not the job's own fault passes: the journal cannot be written, the process ends, a test's crash.
    func rethrowUnlessProblem(_ error: any Error) throws {
        if Task.isCancelled { throw CancellationError() }
        if error is SQLiteError || error is JournalError || error is SimulatedCrash || error is CancellationError {
            throw error
        }
    }
}

extension JournalledJob {
    /// - Parameter vm: kept from the report before when nil.
    func report(
        _ state: JobState, _ problem: JobProblem? = nil, remark: String? = nil, step: JobReport.Step? = nil,
        vm: VMID? = nil, result: JobResult? = nil
    ) -> JobReport {
        JobReport(
            job: id, kind: job.kind, state: state, reason: problem?.reason, message: problem?.message ?? remark,
            step: step, vm: vm ?? report.vm, result: result, origin: origin)
    }
}

extension JobProblem {
    /// Why a job is being rolled back, from the report that said so.
    init(_ report: JobReport) { self.init(report.reason ?? "failed", report.message ?? "") }
}

/// Before its first step a job turned out not to be wanted any more, or its time to be over.
struct NotBegun: Error {}
