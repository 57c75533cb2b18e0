import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Placement
@testable import Provisioning
import Synchronization
import Testing

/// Pages of 2 MiB on the one node of a machine with 64 GiB. A VM of 1 GiB has 512 of them.
@Suite struct HugePageTests {
    @Test func pagesAreMadeForAStartAndGivenBack() async throws {
        let (world, kernel) = try await machine(reserved: 100)
        let life = try await run(world, kernel, try world.clone(), Self.profile(.twoMiB))
        #expect(kernel.count == 512)
        let placement = try await life.hypervisor.domain(World.vm()).placement
        #expect(placement?.memory.hugePages?.sizeBytes == 2 << 20)
        kernel.used = 512
        // A second VM brings its own; what the first one uses stays when the second one goes.
        try await run(world, kernel, try world.clone(2, name: "two"), Self.profile(.twoMiB))
        #expect(kernel.count == 1024)
        try await run(world, kernel, try world.job(3, .vmStop, StopArguments(vm: World.vm(2))))
        #expect(kernel.count == 512)
        kernel.used = 0
        try await run(world, kernel, try world.job(4, .vmStop, StopArguments(vm: World.vm(1))))
        // Those that others had reserved.
        #expect(kernel.count == 100)
        #expect(kernel.compactions == 0)
    }

    @Test func afterCompactionThereMayBeEnough() async throws {
        let (world, kernel) = try await machine()
        kernel.limit = 300
        kernel.gainsByCompaction = 300
        try await run(world, kernel, try world.clone(), Self.profile(.twoMiB))
        #expect(kernel.count == 512 && kernel.compactions == 1)
    }

    @Test func aShortfallIsExplainedAndLeavesNothing() async throws {
        let (world, kernel) = try await machine(reserved: 10)
        kernel.limit = 300
        let job = try world.clone()
        try await run(world, kernel, job, Self.profile(.twoMiB), expecting: .rolledBack)
        let report = try #require(world.last(of: job.id))
        #expect(report.reason == "no-huge-pages")
        #expect(report.message?.contains("made 290 of 502 pages of 2 MiB on node 0") == true)
        #expect(report.message?.contains("hugepagesz=2M hugepages=512") == true)
        #expect(kernel.count == 10)
        try await expectNothing(world, job.id)
    }

    @Test func whoLeavesTheChoiceGetsOrdinaryPagesThen() async throws {
        let (world, kernel) = try await machine()
        kernel.limit = 300
        let life = try await run(world, kernel, try world.clone(), Self.profile(.auto))
        let domain = try await life.hypervisor.domain(World.vm())
        #expect(domain.placement?.memory.hugePages == nil && domain.state == .running)
        #expect(domain.demand?.memory.hugePages == .auto)
        #expect(kernel.count == 0)
    }

    @Test func aStartThatFailsGivesThemBack() async throws {
        let (world, kernel) = try await machine()
        try await run(world, kernel, try world.clone(), Self.profile(.twoMiB), expecting: .rolledBack) {
            $0.fail(.start, with: HypervisorError(.failed, operation: "start", object: "office", message: "no"))
        }
        #expect(kernel.count == 0)
    }

    @Test func whereTheyCannotBeWrittenTheFileIsNamed() async throws {
        let (world, kernel) = try await machine()
        kernel.refuses = true
        let job = try world.clone()
        try await run(world, kernel, job, Self.profile(.twoMiB), expecting: .rolledBack)
        #expect(world.last(of: job.id)?.message?.contains("nr_hugepages") == true)
    }

    /// Whatever was written before the agent died: the pages of others stay, its own are used or given back.
    @Test func aCrashBetweenPagesAndStartLosesNone() async throws {
        let (world, kernel) = try await machine(reserved: 100)
        // A hypervisor that goes away in the middle of a start makes the step begin anew, as an agent after a crash does.
        try await run(world, kernel, try world.clone(), Self.profile(.twoMiB)) {
            $0.fail(.start, with: HypervisorError(.disconnected, operation: "start", object: "office", message: "gone"))
        }
        #expect(kernel.count == 512)
        try await run(world, kernel, try world.job(2, .vmStop, StopArguments(vm: World.vm())))
        #expect(kernel.count == 100)
    }

    @Test func everyCrashOfACloneEndsWithItsPagesAndCores() async throws {
        var profile = Self.profile(.twoMiB)
        profile.pinning = .dedicated
        let (undisturbed, machine) = try await machine()
        let points = try await run(undisturbed, machine, try undisturbed.clone(), profile).points()
        #expect(points.count == 3 * 3 + 4)
        for point in points {
            let (world, kernel) = try await self.machine()
            let job = try world.clone()
            let first = try await Life(
                world, profile: profile, inventory: { _ in kernel.inventory }, set: kernel.set, crashAt: { $0 == point }
            )
            try await first.receive(job)
            #expect(try await first.crashed())
            let second = try await Life(
                world, profile: profile, inventory: { _ in kernel.inventory }, set: kernel.set)
            try await second.finish(job.id)
            #expect(world.last(of: job.id)?.state == .succeeded, "\(point)")
            #expect(kernel.count == 512, "\(point)")
            let placement = try await second.hypervisor.domain(World.vm()).placement
            #expect(placement?.processors.vcpus == [CPUSet([1]), CPUSet([9])], "\(point)")
            #expect(first.hypervisor.calls(of: .start) + second.hypervisor.calls(of: .start) == 1, "\(point)")
        }
    }

    // Helpers

    private static func profile(_ pages: MemoryDemand.HugePages) -> Profile {
        var profile = Life.profile
        profile.memoryMiB = 1024
        profile.hugePages = pages
        return profile
    }

    private func machine(reserved: UInt64 = 0) async throws -> (World, KernelWithPages) {
        let world = try await World()
        return (world, try KernelWithPages(root: world.directory.file("root"), reserved: reserved))
    }

    @discardableResult
    private func run(
        _ world: World, _ kernel: KernelWithPages, _ job: Job, _ profile: Profile = Life.profile,
        expecting state: JobState = .succeeded, configure: (InMemoryHypervisor) -> Void = { _ in }
    ) async throws -> Life {
        let life = try await Life(
            world, profile: profile, inventory: { _ in kernel.inventory }, set: kernel.set, configure: configure)
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == state, "\(world.last(of: job.id)?.message ?? "")")
        return life
    }
}

/// A kernel with one node, which makes pages of 2 MiB up to a limit.
private final class KernelWithPages: Sendable {
    private struct State {
        var count: UInt64
        var used: UInt64 = 0
        var limit: UInt64 = .max
        var gainsByCompaction: UInt64 = 0
        var compactions = 0
        var refuses = false
    }

    private let node: String
    private let state: Mutex<State>

    init(root: String, reserved: UInt64) throws {
        node = root + "/sys/devices/system/node/node0"
        state = Mutex(State(count: reserved))
        try FileManager.default.createDirectory(atPath: pool, withIntermediateDirectories: true)
        try show(state.withLock(\.self))
    }

    private var pool: String { node + "/hugepages/hugepages-2048kB" }

    var count: UInt64 { state.withLock(\.count) }
    var compactions: Int { state.withLock(\.compactions) }

    var used: UInt64 {
        get { state.withLock(\.used) }
        set { try? change { $0.used = newValue } }
    }

    var limit: UInt64 {
        get { state.withLock(\.limit) }
        set { try? change { $0.limit = newValue } }
    }

    var gainsByCompaction: UInt64 {
        get { state.withLock(\.gainsByCompaction) }
        set { try? change { $0.gainsByCompaction = newValue } }
    }

    var refuses: Bool {
        get { state.withLock(\.refuses) }
        set { try? change { $0.refuses = newValue } }
    }

    var inventory: MachineInventory {
        let now = state.withLock(\.self)
        var memory = Machine.memory(64, pages: now.count, free: 60)
        memory.nodes[0].hugePages[0].free = now.count - now.used
        return MachineInventory(cpu: Machine.cpu(cores: 8), memory: memory, pci: [])
    }

    @Sendable func set(_ path: String, _ value: String) throws {
        try change { state in
            if state.refuses { throw FileError("open", path, code: 30) }
            if path == node + "/compact" {
                state.compactions += 1
                state.limit += state.gainsByCompaction
            } else if path == pool + "/nr_hugepages", let wanted = UInt64(value) {
                state.count = max(state.used, min(wanted, max(state.limit, state.count)))
            }
        }
    }

    private func change(_ change: (inout State) throws -> Void) throws {
        try state.withLock { state in
            try change(&state)
            try show(state)
        }
    }

    private func show(_ state: State) throws {
        for (name, number) in [("nr_hugepages", state.count), ("free_hugepages", state.count - state.used)] {
            try Data("\(number)\n".utf8).write(to: URL(filePath: "\(pool)/\(name)"))
        }
    }
}
