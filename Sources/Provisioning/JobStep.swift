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
    /// Removes what this step of this job made, whole or partial, and nothing else; nothing to remove is fine.
    func undo() async throws
}

extension JobStep {
    var isMarked: Bool { true }
    func undo() async throws {}
}

enum StepProbe: Equatable, Sendable {
    case absent, done
    /// Begun and not finished: to be undone before it is applied again.
    case partial
}
