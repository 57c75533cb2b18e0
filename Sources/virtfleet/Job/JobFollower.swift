import CommandLineKit
import FleetClient
import FleetModel

/// Shows a job's progress on standard error until it ends.
struct JobFollower {
    private let session: Session

    init(_ session: Session) { self.session = session }

    func follow(_ id: JobID) async throws -> JobResource {
        let error = session.console.error
        let display = ProgressDisplay("job \(id)", stream: error)
        defer { display.finish() }
        return try await session.client.waitForJob(
            id,
            onChange: { job in
                let text = "\(job.kind) on \(job.hostName): \(job.stateCell.text)"
                display.update(
                    job.progress.map { $0.percent / 100 }, text + (job.progressText.map { ", \($0)" } ?? ""))
            },
            onAbsence: { display.update(nil, "\($0)") })
    }
}
