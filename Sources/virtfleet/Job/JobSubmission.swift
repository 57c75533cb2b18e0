import CommandLineKit
import Configuration
import FleetClient
import FleetModel

/// Asks for jobs, follows them where that is wanted, and says how it went.
struct JobSubmission {
    private static let wait = Argument<Bool>.flag("wait", "Follow the job to its end; its failure is the command's")
    private static let window = Argument<ResourceName?>.option(
        "window", "NAME", "Start only while this window is open ('virtfleet window list')",
        completion: .documentNames(.window))
    private static let notBefore = Argument<StartTime?>.option(
        "not-before", "TIME", "Start no earlier: 2026-01-05T22:00 by this machine's clock, or with Z or an offset")
    private static let expires = Argument<Interval?>.option(
        "expires", "TIME", "How long the host has to start the job, 7d by default; then it never does")
    private static let requirements = Argument<[JobRequirement]>.options(
        "require", "WHAT",
        "Start only on mains power (power), while no guest has anything to do (idle), over a network that is not metered "
            + "(network), while no program asks for quiet (user), or with so much space (disk=MEBIBYTES)"
    )
    private static let forceAfter = Argument<Int?>.option(
        "force-after", "N", "Wait for the window no longer once it has passed N times without the job's start")
    private static let notice = Argument<Interval?>.option(
        "notice", "TIME", "Announce the job so long before it begins, to whoever sits at the host; 1m to 1d")
    private static let deferrals = Argument<Int?>.option(
        "deferrals", "N", "Let whoever sits at the host put the announced job off N times, 10 at most")

    /// Of every command that asks for jobs.
    static let arguments = [
        window.specification, forceAfter.specification, notBefore.specification, requirements.specification,
        notice.specification, deferrals.specification, expires.specification, wait.specification,
    ]

    private let session: Session
    private let waits: Bool
    private let window: ResourceName?
    private let notBefore: StartTime?
    private let expires: Interval?
    private let requirements: [JobRequirement]
    private let forceAfter: Int?
    private let notice: JobNotice?

    init(_ session: Session, _ arguments: ParsedArguments) throws {
        self.session = session
        waits = try arguments(Self.wait)
        window = try arguments(Self.window)
        notBefore = try arguments(Self.notBefore)
        expires = try arguments(Self.expires)
        requirements = try arguments(Self.requirements)
        forceAfter = try arguments(Self.forceAfter)
        notice = try Self.notice(arguments)
        if forceAfter != nil && window == nil {
            throw UsageError("--force-after counts the times of a window that pass; name one with --window")
        }
    }

    private static func notice(_ arguments: ParsedArguments) throws -> JobNotice? {
        let deferrals = try arguments(Self.deferrals)
        guard let length = try arguments(Self.notice) else {
            if deferrals != nil {
                throw UsageError("only a job that is announced can be put off; give --notice as well")
            }
            return nil
        }
        let seconds = Int(length.duration.components.seconds)
        guard let notice = JobNotice(seconds: seconds, deferrals: deferrals ?? 0) else {
            throw UsageError("a notice is \(JobNotice.expectation), not \(seconds) and \(deferrals ?? 0)")
        }
        return notice
    }

    /// The request with what the command line says of its time.
    private func timed(_ request: JobRequest) -> JobRequest {
        var request = request
        request.window = window
        request.notBefore = notBefore?.date
        request.forceAfter = forceAfter
        request.requirements = requirements.isEmpty ? nil : requirements
        request.notice = notice
        request.expiresInSeconds = expires.map { Int($0.duration.components.seconds) }
        return request
    }

    func run(_ requests: [JobRequest]) async throws -> ExitCode {
        let requests = requests.map(timed)
        // One job fails with the reason's own exit status; of several, the others go on.
        if requests.count == 1 {
            let job = try await session.client.requestJob(requests[0])
            return try report([try await follow(job)], failures: [])
        }
        var planned: [JobResource] = []
        var failures: [any Error] = []
        for request in requests {
            do {
                planned.append(try await session.client.requestJob(request))
            } catch {
                session.console.error.line("host '\(request.host)': \(error)")
                failures.append(error)
            }
        }
        var jobs: [JobResource] = []
        for job in planned { jobs.append(try await follow(job)) }
        return try report(jobs, failures: failures)
    }

    private func follow(_ job: JobResource) async throws -> JobResource {
        guard waits else { return job }
        return try await JobFollower(session).follow(job.id)
    }

    private func report(_ jobs: [JobResource], failures: [any Error]) throws -> ExitCode {
        if jobs.count == 1 { try session.show(jobs[0], as: JobResource.presentation) }
        if jobs.count > 1 { try session.show(jobs, as: JobResource.presentation) }
        let failed = failures.count + jobs.count { $0.state.isTerminal && $0.state != .succeeded }
        if failed == 0 { return .success }
        if failed < jobs.count + failures.count { return .partlyFailed }
        return (failures.first as? any ExitCodeError)?.exitCode ?? .failure
    }
}
