import FleetModel
import FleetRuntime
import FleetTestSupport
import HTTPClient
import Hypervisor
import ImageStore
import Placement
@testable import Provisioning

/// One life of an agent in a world, from its start to its crash.
final class Life: Sendable {
    struct Crash: Error, Equatable {}

    let world: World
    let hypervisor: InMemoryHypervisor
    let runner: JobRunner
    let journal: JobJournal
    let host: JobHost
    private let points: Mailbox<FaultPoint>
    private let task: Task<Void, any Error>

    init(
        _ world: World, profile: Profile = Life.profile, source: ImageSource = ImageSource(url: "", token: ""),
        keys: [VerifyingKey]? = nil, synchronised: Bool = true, vmDirectory: String? = nil,
        allowed: Set<JobKindName> = Set(JobKindName.allCases), maximumPerHour: Int = 120,
        programs: @escaping @Sendable (String) -> String? = { "/usr/bin/\($0)" },
        inventory: @escaping @Sendable ([PCIAddress: String]) async -> MachineInventory? = { _ in nil },
        weighsGuests: Bool = false, isOnMains: @escaping @Sendable () -> Bool? = { nil },
        isMetered: @escaping @Sendable () async -> Bool? = { nil },
        idleInhibitors: @escaping @Sendable () async throws -> [String] = { [] }, bootID: String = "boot",
        set: @escaping @Sendable (_ path: String, _ value: String) throws -> Void = { _, _ in },
        configure: (InMemoryHypervisor) -> Void = { _ in },
        report: (@Sendable (JobReport, _ key: String) async throws -> Void)? = nil,
        during: @escaping @Sendable (FaultPoint, InMemoryHypervisor) async throws -> Void = { _, _ in },
        crashAt: @escaping @Sendable (FaultPoint) -> Bool = { _ in false }
    ) async throws {
        self.world = world
        hypervisor = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
        configure(hypervisor)
        journal = try JobJournal(path: world.journalPath, bootID: bootID)
        host = JobHost(
            hypervisor: hypervisor,
            images: BaseImageStore(directory: world.directory.file("images"), client: HTTPClient()),
            imageSource: { source }, profiles: [World.profile: profile], vmDirectory: vmDirectory ?? world.vmDirectory,
            exportDirectory: world.exportDirectory,
            facilities: HostFacilities(
                root: world.directory.file("root"), program: programs, accelerator: { .tcg }, inventory: inventory,
                weighsGuests: weighsGuests, isOnMains: isOnMains, isMetered: isMetered,
                idleInhibitors: idleInhibitors, set: set),
            time: world.time)
        let points = Mailbox<FaultPoint>(capacity: 1000)
        runner = try await JobRunner(
            configuration: JobRunner.Configuration(
                fleet: World.fleet, host: World.hostID, keys: keys ?? [world.key.verifyingKey], allowedKinds: allowed,
                maximumPerHour: maximumPerHour),
            host: host, journal: journal,
            outlets: JobRunner.Outlets(
                report: { item, key in
                    try await report?(item, key)
                    world.reports.withLock { $0.append(item) }
                },
                deferred: { item, _ in world.deferrals.withLock { $0.append(item) } },
                progress: { _ in },
                refused: { event in world.refusals.withLock { $0.append(event) } }),
            logger: Logger(label: "test", level: .error, sink: { _, _ in }), isClockSynchronised: { synchronised },
            fault: { [hypervisor] point in
                points.send(point)
                try await during(point, hypervisor)
                if crashAt(point) { throw Crash() }
            })
        task = Task { [runner] in try await runner.run() }
        self.points = points
    }

    /// No wait for an agent in the guest, and little need of space.
    static var profile: Profile {
        var profile = Profile()
        profile.freeDiskMiB = 1
        return profile
    }

    /// Every point that was passed so far.
    func points() async -> [FaultPoint] {
        var result: [FaultPoint] = []
        while points.count > 0, let point = await points.next() { result.append(point) }
        return result
    }

    func receive(_ jobs: Job...) async throws { await runner.receive(envelope: try world.envelope(jobs)) }

    /// Waits until the controller has the job's end, then stops the agent in order.
    func finish(_ jobs: JobID...) async throws {
        _ = try await eventually { jobs.allSatisfy(world.ended) }
        try await stop()
    }

    func stop() async throws {
        task.cancel()
        try await task.value
    }

    /// Waits for the end that a crash brings.
    /// - Returns: whether it was one.
    func crashed() async throws -> Bool {
        do {
            try await task.value
            return false
        } catch is Crash {
            return true
        }
    }
}
