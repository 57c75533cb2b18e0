/// A rule that is broken on purpose, to see that the simulation notices.
enum Defect: String, CaseIterable, Sendable {
    /// The agent does not remember the jobs that are over.
    case forgetsFinishedJobs = "forgets-finished-jobs"
    /// The agent takes a step whose effect cannot be told as one that it never began.
    case repeatsInterruptedSteps = "repeats-interrupted-steps"
    /// The agent takes every job set, whatever its revision.
    case takesOldJobSets = "takes-old-job-sets"
    /// The agent begins outside the windows.
    case ignoresWindows = "ignores-windows"
    /// The agent begins after the expiry.
    case ignoresExpiry = "ignores-expiry"
    /// The agent goes on with jobs that its set does not name any more.
    case ignoresWithdrawal = "ignores-withdrawal"
    /// The agent believes any clock.
    case believesAnyClock = "believes-any-clock"
    /// The controller acknowledges what it has not stored.
    case acknowledgesUnstored = "acknowledges-unstored"
    /// The controller takes an old report for a new one.
    case takesOldReports = "takes-old-reports"
    /// The rollout counts failures over all of its hosts.
    case dilutesFailures = "dilutes-failures"
    /// The rollout asks all hosts at once.
    case ignoresConcurrency = "ignores-concurrency"
    /// The rollout does not wait between its waves.
    case skipsSoak = "skips-soak"
    /// The rollout asks a host anew that may still begin.
    case asksTooEarly = "asks-too-early"
    /// The rollout asks hosts that are not online.
    case asksAnybody = "asks-anybody"
    /// What is taken back stays in the job sets.
    case keepsWithdrawnJobs = "keeps-withdrawn-jobs"
}
