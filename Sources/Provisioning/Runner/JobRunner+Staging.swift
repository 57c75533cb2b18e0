import FleetModel
import FleetRuntime
import ImageStore

extension JobRunner {
    /// How often it is asked whether a download may go on.
    private static let meterInterval = Duration.seconds(15)

    /// Why the job's image must not be fetched now.
    func stagingObstacle(_ job: Job) async -> JobProblem? {
        guard terms(of: job).requirements.contains(.network) else { return nil }
        return await conditions.obstacle(to: .network).map { JobProblem(JobRequirement.network.reason, $0) }
    }

    /// Brings images to the host; stops when the job must not use the connection any more.
    /// - Throws: `ImageError`, or `JobProblem` for such an obstacle.
    func fetch(_ images: [ImageReference], for entry: JournalledJob) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [host, progress] in
                for image in images {
                    let meter = ProgressMeter(job: entry.id, time: host.time, progress: progress)
                    _ = try await host.images.fetch(image, from: host.imageSource(), progress: meter.record)
                }
            }
            group.addTask { [time = host.time] in
                while true {
                    try await time.sleep(for: Self.meterInterval)
                    if let obstacle = await self.stagingObstacle(entry.job) { throw obstacle }
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
