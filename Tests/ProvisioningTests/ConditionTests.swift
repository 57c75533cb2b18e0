import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import HTTPClient
import Hypervisor
import ImageStore
import Synchronization
import Testing

@testable import Provisioning

/// When, and under which conditions, jobs start.
@Suite struct ConditionTests {
    private let files: TemporaryDirectory
    init() throws { files = try TemporaryDirectory() }

    @Test func aJobWaitsForItsWindowAndItsImageDoesNot() async throws {
        let time = ManualTimeSource()
        let world = try await World(time: time)
        let life = try await Life(world)
        var job = try world.clone()
        let opening = time.now() + 1800
        job.windows = [
            Occurrence(start: opening - 2000, end: opening - 1900), Occurrence(start: opening, end: opening + 3600),
        ]
        try await life.receive(job)
        #expect(try await eventually { world.last(of: job.id)?.state == .waiting })
        #expect(world.states(of: job.id) == [.accepted, .ready, .waiting])
        #expect(world.last(of: job.id)?.reason == "window")
        #expect(world.last(of: job.id)?.message == "it may start at \(FleetJSON.text(opening))")
        // A set with the job, again: nothing has changed.
        try await life.receive(job)
        #expect(world.last(of: job.id)?.state == .waiting)
        time.advance(by: .seconds(1800))
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded, "\(world.last(of: job.id)?.message ?? "")")
    }

    @Test func aJobWhoseWindowsHavePassedExpires() async throws {
        let world = try await World()
        let life = try await Life(world)
        var job = try world.clone()
        let now = world.time.now()
        job.windows = [Occurrence(start: now - 100, end: now - 50)]
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.states(of: job.id) == [.expired])
        #expect(world.last(of: job.id)?.reason == "window")
        #expect(try world.files(of: job.id) == nil)
    }

    @Test func aJobWaitsForMainsPower() async throws {
        let world = try await World()
        let isOnMains = Mutex(false)
        let life = try await Life(world, isOnMains: { isOnMains.withLock(\.self) })
        var job = try world.clone()
        job.requirements = ["disk=1", "power"]
        try await life.receive(job)
        #expect(try await eventually { world.last(of: job.id)?.state == .waiting })
        #expect(world.last(of: job.id)?.reason == "power")
        #expect(world.last(of: job.id)?.message == "the machine runs on its battery")
        isOnMains.withLock { $0 = true }
        // A job set has it looked at again at once.
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded)
    }

    @Test func freeSpaceIsWhatVMsHave() async throws {
        let (conditions, _, _) = try await conditions()
        #expect(await conditions.obstacle(to: .disk(mebibytes: 1)) == nil)
        #expect(await conditions.obstacle(to: .disk(mebibytes: 1 << 30))?.contains("less than 1073741824 MiB") == true)
    }

    @Test func aMachineThatTellsOfNoMainsIsOnMains() async throws {
        for (isOnMains, isMet) in [(true, true), (false, false), (nil, true)] {
            let (conditions, _, _) = try await conditions(isOnMains: isOnMains)
            #expect(await (conditions.obstacle(to: .power) == nil) == isMet)
        }
    }

    @Test func guestsAreIdleWhenNoneHasHadMuchToDoForAMinute() async throws {
        let (conditions, time, hypervisor) = try await conditions()
        #expect(await conditions.obstacle(to: .idle) == nil, "no guest runs")
        var used: [VMID: UInt64] = [:]
        for number in 0..<2 {
            let id = VMID.random()
            _ = try await hypervisor.define(
                "<domain type='qemu'><name>vm-\(number)</name><uuid>\(id)</uuid><memory>65536</memory><vcpu>1</vcpu></domain>"
            )
            try await hypervisor.start(id)
            used[id] = 5_000_000_000
        }
        /// Looks after each guest has used a share of one processor for some seconds.
        func obstacle(_ seconds: Double, _ shares: Double...) async throws -> String? {
            for (id, share) in zip(used.keys.sorted(), shares) {
                used[id, default: 0] += UInt64(share * seconds * 1e9)
                hypervisor.setStatistics(["cpu.time": .unsigned(used[id] ?? 0)], of: id)
            }
            time.advance(by: .seconds(seconds))
            return await conditions.obstacle(to: .idle)
        }
        let busy = try #require(try await obstacle(1, 0, 0), "nothing is known yet")
        #expect(try await obstacle(30, 0.01, 0.02) == busy)
        #expect(try await obstacle(30, 0.01, 0.02) == nil)
        #expect(try await obstacle(15, 0.01, 0.02) == nil)
        #expect(try await obstacle(15, 0.01, 0.9) == busy, "one of them works")
        #expect(try await obstacle(45, 0, 0) == busy)
        #expect(try await obstacle(15, 0, 0) == nil)
        #expect(try await obstacle(3600, 0, 0) == busy, "what was meanwhile is not known")
        #expect(try await obstacle(59, 0, 0) == busy)
        #expect(try await obstacle(1, 0, 0) == nil)
        hypervisor.fail(.statistics, with: HypervisorError(.disconnected, operation: "", object: "", message: ""))
        #expect(try await obstacle(1, 0, 0)?.contains("libvirt does not answer") == true)
    }

    @Test func aJobThatNeedsAnUnmeteredNetworkFetchesNothingOverAMeteredOne() async throws {
        let time = ManualTimeSource()
        let world = try await World(time: time, imageIsThere: false)
        let isMetered = Mutex<Bool?>(true)
        let life = try await Life(
            world, source: ImageSource(url: "http://127.0.0.1:1", token: ""), isMetered: { isMetered.withLock(\.self) })
        var job = try world.clone()
        job.requirements = ["network"]
        try await life.receive(job)
        #expect(try await eventually { world.last(of: job.id)?.state == .waiting })
        #expect(world.states(of: job.id) == [.accepted, .waiting])
        #expect(world.last(of: job.id)?.reason == "network")
        #expect(world.last(of: job.id)?.message == "the connection to the network is metered")
        isMetered.withLock { $0 = nil }
        time.advance(by: .seconds(30))
        // Nobody says that it is metered: it is tried.
        #expect(try await eventually { world.states(of: job.id).contains(.staging) })
        try await life.stop()
    }

    @Test func aDownloadStopsWhenTheNetworkBecomesAMeteredOne() async throws {
        try Isolation.require()
        // It never comes to an answer.
        let server = try ScriptedHTTPServer { _, exchange in exchange.waitForClient() }
        let time = ManualTimeSource()
        let world = try await World(time: time, imageIsThere: false)
        let isMetered = Mutex(false)
        let life = try await Life(
            world, source: ImageSource(url: server.url, token: ""), isMetered: { isMetered.withLock(\.self) })
        var job = try world.clone()
        job.requirements = ["network"]
        try await life.receive(job)
        #expect(try await eventually { server.requests.count == 1 })
        // Reports travel beside the work.
        #expect(try await eventually { world.states(of: job.id) == [.accepted, .staging] })
        isMetered.withLock { $0 = true }
        #expect(
            try await eventually {
                time.advance(by: .seconds(15))
                return world.last(of: job.id)?.state == .waiting
            })
        #expect(world.last(of: job.id)?.message == "the connection to the network is metered")
        #expect(server.requests.count == 1, "and nothing more is asked for")
        try await life.stop()
    }

    @Test func aJobWaitsUntilNobodyAsksToBeLeftAlone() async throws {
        let world = try await World()
        let programs = Mutex<[String]?>(["meeting", "player"])
        struct Silence: Error {}
        let life = try await Life(
            world,
            idleInhibitors: {
                guard let names = programs.withLock(\.self) else { throw Silence() }
                return names
            })
        var job = try world.clone()
        job.requirements = ["user"]
        try await life.receive(job)
        #expect(try await eventually { world.last(of: job.id)?.state == .waiting })
        #expect(world.last(of: job.id)?.reason == "user")
        #expect(world.last(of: job.id)?.message == "programs ask that nobody be disturbed: meeting, player")
        programs.withLock { $0 = nil }
        try await life.receive(job)
        #expect(try await eventually { world.last(of: job.id)?.message?.contains("cannot be seen") == true })
        programs.withLock { $0 = [] }
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded)
    }

    private func conditions(
        isOnMains: Bool? = nil
    ) async throws -> (HostConditions, ManualTimeSource, InMemoryHypervisor) {
        let time = ManualTimeSource()
        let hypervisor = try InMemoryHypervisor(directory: files.file("hypervisor"))
        let host = JobHost(
            hypervisor: hypervisor, images: BaseImageStore(directory: files.file("images"), client: HTTPClient()),
            imageSource: { ImageSource(url: "", token: "") }, profiles: [:], vmDirectory: files.path,
            exportDirectory: files.file("exports"),
            facilities: HostFacilities(accelerator: { .tcg }, isOnMains: { isOnMains }), time: time)
        return (HostConditions(host: host), time, hypervisor)
    }
}
