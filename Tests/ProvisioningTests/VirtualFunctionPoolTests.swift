import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Placement
@testable import Provisioning
import Synchronization
import Testing

/// A network card of the host's can have seven virtual functions, which a kernel makes that the test plays.
@Suite struct VirtualFunctionPoolTests {
    @Test func functionsAreMadeForAStartAndTakenAway() async throws {
        let (world, kernel) = try await machine()
        let life = try await run(world, kernel, try world.clone())
        #expect(kernel.count == 7 && !kernel.probes)
        let devices = try await life.hypervisor.domain(World.vm()).placement?.devices
        #expect(devices == [.init(address: kernel.function(0), mac: CloneIdentity(job: World.jobID(1)).mac(nic: 0))])
        kernel.use(0)
        // A second VM has another one of them.
        let second = try await run(world, kernel, try world.clone(2, name: "two"))
        #expect(try await second.hypervisor.domain(World.vm(2)).hostDevices == [kernel.function(1)])
        kernel.use(1)
        #expect(kernel.changes == 1)
        kernel.leave(0)
        try await run(world, kernel, try world.job(3, .vmStop, StopArguments(vm: World.vm(1), force: true)))
        #expect(kernel.count == 7)
        kernel.leave(1)
        try await run(world, kernel, try world.job(4, .vmStop, StopArguments(vm: World.vm(2), force: true)))
        #expect(kernel.count == 0 && kernel.probes)
        // And made anew for the next start.
        try await run(world, kernel, try world.job(5, .vmStart, VMArguments(vm: World.vm(1))))
        #expect(kernel.count == 7)
    }

    @Test func whatSomebodyElseMadeIsUsedAndNeverTakenAway() async throws {
        let (world, kernel) = try await machine()
        try kernel.set(kernel.file("sriov_numvfs"), "2")
        let life = try await run(world, kernel, try world.clone())
        #expect(try await life.hypervisor.domain(World.vm()).hostDevices == [kernel.function(0)])
        try await run(world, kernel, try world.job(2, .vmStop, StopArguments(vm: World.vm(), force: true)))
        #expect(kernel.count == 2 && kernel.probes && kernel.changes == 1)
    }

    @Test func whatSomebodyElseHasChangedSinceIsTheirs() async throws {
        let (world, kernel) = try await machine()
        try await run(world, kernel, try world.clone())
        try kernel.set(kernel.file("sriov_numvfs"), "0")
        try kernel.set(kernel.file("sriov_numvfs"), "3")
        try await run(world, kernel, try world.job(2, .vmStop, StopArguments(vm: World.vm(), force: true)))
        #expect(kernel.count == 3)
        try await run(world, kernel, try world.job(3, .vmStop, StopArguments(vm: World.vm(), force: true)))
        #expect(kernel.count == 3)
    }

    @Test func aDriverThatMakesNoneIsNamedAndLeavesNothing() async throws {
        let (world, kernel) = try await machine()
        kernel.refuses = true
        let job = try world.clone()
        try await run(world, kernel, job, expecting: .rolledBack)
        #expect(world.last(of: job.id)?.reason == "no-virtual-functions")
        #expect(world.last(of: job.id)?.message?.contains("0000:02:00.0") == true)
        #expect(kernel.count == 0 && kernel.probes)
        try await expectNothing(world, job.id)
    }

    /// Groups are read, not foretold.
    @Test func functionsInABadGroupAreTakenAwayAgain() async throws {
        let (world, kernel) = try await machine()
        kernel.joinsGroups = true
        let job = try world.clone()
        try await run(world, kernel, job, expecting: .rolledBack)
        #expect(world.last(of: job.id)?.reason == "no-place")
        #expect(world.last(of: job.id)?.message?.contains("the host's card is in its group") == true)
        #expect(kernel.count == 0 && kernel.probes)
    }

    @Test func aStartThatFailsTakesThemAway() async throws {
        let (world, kernel) = try await machine()
        try await run(world, kernel, try world.clone(), expecting: .rolledBack) {
            $0.fail(.start, with: HypervisorError(.failed, operation: "start", object: "office", message: "no"))
        }
        #expect(kernel.count == 0 && kernel.probes)
    }

    /// They are gone, and with them what the definition names.
    @Test func afterABootNoDefinitionNamesThem() async throws {
        let (world, kernel) = try await machine()
        try await run(world, kernel, try world.clone())
        let hypervisor = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
        try await hypervisor.destroy(World.vm())
        try kernel.boot()
        try FileManager.default.removeItem(atPath: world.directory.file("root/run"))
        let life = try await run(world, kernel, try world.job(8, .vmStop, StopArguments(vm: World.vm())))
        #expect(try await life.hypervisor.domain(World.vm()).hostDevices == [])
        try await run(world, kernel, try world.job(9, .vmStart, VMArguments(vm: World.vm())))
        #expect(kernel.count == 7)
    }

    @Test func everyCrashOfACloneEndsWithItsCard() async throws {
        let (undisturbed, machine) = try await machine()
        for point in try await run(undisturbed, machine, try undisturbed.clone()).points() {
            let (world, kernel) = try await self.machine()
            let job = try world.clone()
            let first = try await life(world, kernel, crashAt: { $0 == point })
            try await first.receive(job)
            #expect(try await first.crashed())
            let second = try await life(world, kernel)
            try await second.finish(job.id)
            #expect(world.last(of: job.id)?.state == .succeeded, "\(point)")
            #expect(try await second.hypervisor.domain(World.vm()).hostDevices == [kernel.function(0)], "\(point)")
            #expect(kernel.count == 7 && kernel.changes == 1, "\(point)")
        }
    }

    // Helpers

    private func machine() async throws -> (World, KernelWithFunctions) {
        let world = try await World()
        return (world, try KernelWithFunctions(root: world.directory.file("root")))
    }

    private func life(
        _ world: World, _ kernel: KernelWithFunctions, configure: (InMemoryHypervisor) -> Void = { _ in },
        crashAt: @escaping @Sendable (FaultPoint) -> Bool = { _ in false }
    ) async throws -> Life {
        var profile = Life.profile
        profile.networks = [Profile.Network("sriov:8086:1521")!]
        return try await Life(
            world, profile: profile, inventory: { _ in kernel.inventory }, set: kernel.set, configure: configure,
            crashAt: crashAt)
    }

    @discardableResult
    private func run(
        _ world: World, _ kernel: KernelWithFunctions, _ job: Job, expecting state: JobState = .succeeded,
        configure: (InMemoryHypervisor) -> Void = { _ in }
    ) async throws -> Life {
        let life = try await life(world, kernel, configure: configure)
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == state, "\(world.last(of: job.id)?.message ?? "")")
        return life
    }
}

/// A kernel that makes and removes virtual functions as drivers/pci/iov.c does.
private final class KernelWithFunctions: Sendable {
    private struct State {
        var count = 0
        var changes = 0
        var probes = true
        var refuses = false
        var joinsGroups = false
    }

    private static let total = 7
    private let devices: String
    private let state = Mutex(State())

    init(root: String) throws {
        devices = root + "/sys/bus/pci/devices"
        try FileManager.default.createDirectory(
            atPath: devices + "/0000:02:00.0", withIntermediateDirectories: true)
        try write("sriov_totalvfs", "\(Self.total)")
        try write("sriov_numvfs", "0")
        try write("sriov_drivers_autoprobe", "1")
    }

    var count: Int { state.withLock(\.count) }
    /// How often functions were made.
    var changes: Int { state.withLock(\.changes) }
    var probes: Bool { state.withLock(\.probes) }

    var refuses: Bool {
        get { state.withLock(\.refuses) }
        set { state.withLock { $0.refuses = newValue } }
    }

    var joinsGroups: Bool {
        get { state.withLock(\.joinsGroups) }
        set { state.withLock { $0.joinsGroups = newValue } }
    }

    func file(_ name: String) -> String { "\(devices)/0000:02:00.0/\(name)" }

    func function(_ number: Int) -> PCIAddress { PCIAddress("0000:02:10.\(number)")! }

    /// A VM runs with it: VFIO's driver has it.
    func use(_ number: Int) {
        try? FileManager.default.createDirectory(
            atPath: file("virtfn\(number)/driver"), withIntermediateDirectories: false)
    }

    func leave(_ number: Int) { try? FileManager.default.removeItem(atPath: file("virtfn\(number)/driver")) }

    func boot() throws {
        try set(file("sriov_numvfs"), "0")
        try set(file("sriov_drivers_autoprobe"), "1")
    }

    @Sendable func set(_ path: String, _ value: String) throws {
        try state.withLock { state in
            switch path {
            case file("sriov_drivers_autoprobe"):
                state.probes = value == "1"
                try write("sriov_drivers_autoprobe", value)
            case file("sriov_numvfs"):
                guard let wanted = Int(value), wanted <= Self.total else { throw FileError("write", path, code: 34) }
                if wanted > 0, state.count > 0 { throw FileError("write", path, code: 16) }
                if state.refuses, wanted > 0 { throw FileError("write", path, code: 5) }
                for number in 0..<max(state.count, wanted) {
                    try? FileManager.default.removeItem(atPath: file("virtfn\(number)"))
                    guard number < wanted else { continue }
                    try FileManager.default.createDirectory(
                        atPath: file("virtfn\(number)"), withIntermediateDirectories: false)
                }
                if wanted > 0 { state.changes += 1 }
                state.count = wanted
                try write("sriov_numvfs", value)
            default: return
            }
        }
    }

    private func write(_ name: String, _ value: String) throws {
        try Data("\(value)\n".utf8).write(to: URL(filePath: file(name)))
    }

    var inventory: MachineInventory {
        let now = state.withLock(\.self)
        var physical = Machine.device("0000:02:00.0", "0200", group: 2, "8086:1521", with: [], .never)
        physical.driver = "igb"
        physical.sriov = PCIDevice.SRIOV(total: Self.total, current: now.count)
        let functions = (0..<now.count).map { number in
            var function = Machine.device(
                function(number).description, "0200", group: now.joinsGroups ? 2 : 20 + number, "8086:1520", with: [],
                now.joinsGroups ? .notSeparable : .pass)
            if now.joinsGroups { function.passthrough.reason = "It cannot be had: the host's card is in its group." }
            function.physicalFunction = physical.address
            return function
        }
        return MachineInventory(
            cpu: Machine.cpu(cores: 8), memory: Machine.memory(64), pci: [physical] + functions)
    }
}
