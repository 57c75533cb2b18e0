import FleetModel
import FoundationEssentials

/// A job as the journal knows it.
struct JournalledJob: Equatable, Sendable {
    var job: Job
    /// The newest report; `offered` for a job that has not been judged yet.
    var report: JobReport
    /// Whether the newest job set names it.
    var wanted: Bool
    /// What its kind decided at the start, as JSON.
    var plan: JSONValue?
    /// The policy by which this host has asked itself for it.
    var policy: ResourceName?
    /// What the person at the host was told of it.
    var told: ToldNotice?
    /// When its first step began.
    var begunAt: Date?

    var id: JobID { job.id }
    var state: JobState { report.state }

    /// Whether its first step may have begun.
    var isStarted: Bool {
        switch state {
        case .applying, .verifying, .rollingBack: true
        default: false
        }
    }

    static func received(_ job: Job) -> JournalledJob {
        JournalledJob(
            job: job, report: JobReport(job: job.id, kind: job.kind, state: .offered), wanted: true, plan: nil,
            policy: nil)
    }

    /// What the controller has to know of a job that it did not ask for.
    var origin: JobReport.Origin? {
        policy.map { JobReport.Origin(policy: $0, arguments: job.arguments, expiresAt: job.expiresAt) }
    }
}

/// A report that the durable stream may not have yet.
struct QueuedReport: Equatable, Sendable {
    var id: Int64
    var report: JobReport
    /// The report's own; queued again, it is the same.
    var key: String
    /// What the report follows from, where the person at the host has put the job off.
    var deferral: JobDeferral?
}

/// How far a step is.
enum StepRecord: String, Equatable, Sendable {
    case intended, done, undone
}

/// What the agent knows of job sets and of time, from before it was started.
struct JournalFacts: Equatable, Sendable {
    var revision: UInt64 = 0
    var digest: Digest?
    var clock = ClockSanity()
}
