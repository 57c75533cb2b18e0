import CommandLineKit
import FleetClient
import FleetModel

/// Asks for jobs, follows them where that is wanted, and says how it went.
struct JobSubmission {
    static let wait = Argument<Bool>.flag("wait", "Follow the job to its end; its failure is the command's")

    private let session: Session
    private let waits: Bool

    init(_ session: Session, _ arguments: ParsedArguments) throws {
        self.session = session
        waits = try arguments(Self.wait)
    }

    func run(_ requests: [JobRequest]) async throws -> ExitCode {
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
