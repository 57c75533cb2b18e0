import FleetModel

/// One verb. A kind is a folder below `Jobs/` and an entry in `JobKinds.all`.
protocol JobKind: Sendable {
    associatedtype Arguments: Codable & Sendable
    /// Everything that the steps depend on, decided at the start and journalled, so that a restarted agent goes on with
    /// the same even when its configuration has changed.
    associatedtype Plan: Codable & Sendable

    static var name: JobKindName { get }
    /// Whether a failed or cancelled job takes back what it did; otherwise it stays as it is and says so.
    static var rollsBack: Bool { get }

    init(job: JobID, arguments: Arguments)

    /// What no other job may work on at the same time.
    var locks: Set<String> { get }
    /// The VM the job makes or changes.
    var vm: VMID { get }
    /// The images that must be on the host before the job starts.
    var images: [ImageReference] { get }

    /// For the last report, whether the job has succeeded or failed.
    var result: JobResult? { get }

    /// Looks whether the job could be done now, touching nothing.
    /// - Throws: `JobProblem` with the reason and the fix.
    func check(on host: JobHost) async throws
    /// Checks again, with the image there, and decides.
    func plan(on host: JobHost) async throws -> Plan
    /// The same steps for the same plan, always.
    func steps(of plan: Plan, on host: JobHost) -> [any JobStep]
    /// Waits until the goal is reached.
    /// - Parameter attempt: asked regularly; throws when the job has been cancelled.
    /// - Returns: a remark for the final report.
    func verify(_ plan: Plan, on host: JobHost, _ attempt: @Sendable () async throws -> Void) async throws -> String?
}

extension JobKind {
    static var rollsBack: Bool { false }
    var images: [ImageReference] { [] }
    var result: JobResult? { nil }
    func check(on host: JobHost) async throws { _ = try await plan(on: host) }
    func verify(_ plan: Plan, on host: JobHost, _ attempt: @Sendable () async throws -> Void) async throws -> String? {
        nil
    }
}

/// The kinds that this agent knows.
enum JobKinds {
    static let all: [any JobKind.Type] = [
        CloneVM.self, StartVM.self, StopVM.self, RebootVM.self, SuspendVM.self, ResumeVM.self, FocusVM.self,
        DeleteVM.self, UpdateVM.self, FixVM.self, CreateSnapshot.self, RevertSnapshot.self, DeleteSnapshot.self,
        PinSnapshot.self, FlattenDisks.self, RenameVM.self, ResizeVM.self, AttachDevice.self, DetachDevice.self,
        ExportVM.self, ImportVM.self, ExecInGuest.self,
    ]

    /// - Throws: `JobProblem` for a kind or arguments that this agent does not understand.
    static func read(_ job: Job) throws -> any JobKind {
        guard let kind = all.first(where: { $0.name.rawValue == job.kind }) else {
            throw JobProblem("unknown-kind", "this agent does not know the job kind '\(job.kind)'; update the agent")
        }
        return try read(job, as: kind)
    }

    private static func read<Kind: JobKind>(_ job: Job, as kind: Kind.Type) throws -> any JobKind {
        do {
            return Kind(job: job.id, arguments: try FleetJSON.decode(Kind.Arguments.self, from: job.arguments))
        } catch {
            throw JobProblem("bad-arguments", "the arguments of \(job.kind) cannot be read: \(error)")
        }
    }
}
