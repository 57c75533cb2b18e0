import FleetRuntime

/// One effect of a job. Its intent is journalled before and its end after it, both synced.
protocol JobStep: Sendable {
    /// For people and the journal; unique within the job.
    var name: String { get }
    /// Whether the effect can be recognised afterwards. A marked step takes effect exactly once; an unmarked one (start,
    /// stop) at most once: after a crash only its goal being there counts as done.
    var isMarked: Bool { get }
    /// What of the effect is there.
    func probe() async throws -> StepProbe
    /// Takes effect; called only when `probe` found nothing, and for a marked step possibly again after a crash.
    func apply() async throws
    /// Likewise, for one that may take long: it tells how far it is, and stops when the job is cancelled.
    func apply(_ work: StepWork) async throws
    /// Removes what this step of this job made, whole or partial, and nothing else; nothing to remove is fine.
    func undo() async throws
}

extension JobStep {
    var isMarked: Bool { true }
    func apply(_ work: StepWork) async throws { try await apply() }
    func undo() async throws {}
}

/// What a step that takes long has to do with its job.
struct StepWork: Sendable {
    /// Takes what is being done, for people, and how much of it is done, 0 to 100.
    var progress: @Sendable (_ activity: String, _ percent: Double) -> Void = { _, _ in }
    var isCancelled: @Sendable () async -> Bool = { false }

    /// Does something that may take hours, and ends it when the job is cancelled.
    /// - Throws: `JobProblem.cancelled`, or what the body throws.
    func whileWanted(time: any TimeSource, _ body: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(operation: body)
            group.addTask {
                while await !isCancelled() { try await time.sleep(for: .seconds(1)) }
                throw JobProblem.cancelled
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

enum StepProbe: Equatable, Sendable {
    case absent, done
    /// Begun and not finished: to be undone before it is applied again.
    case partial
}
