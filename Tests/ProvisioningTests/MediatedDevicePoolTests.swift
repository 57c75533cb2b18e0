import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Placement
@testable import Provisioning
import Synchronization
import Testing

/// A card of the host's can be shared in four, by a driver that the test plays.
@Suite struct MediatedDevicePoolTests {
    @Test func aShareIsMadeForAStartAndRemoved() async throws {
        let (world, kernel) = try await machine()
        let life = try await run(world, kernel, try world.clone())
        #expect(kernel.devices == [share(1)])
        let placed = try await life.hypervisor.domain(World.vm()).placement?.mediatedDevices
        #expect(placed == [.init(parent: kernel.card, type: kernel.type, id: share(1))])
        try await run(world, kernel, try world.clone(2, name: "two"))
        #expect(kernel.devices == [share(1), share(2)])
        try await run(world, kernel, try world.job(3, .vmStop, StopArguments(vm: World.vm(1), force: true)))
        #expect(kernel.devices == [share(2)])
        // And made anew for the next start, under the same name.
        try await run(world, kernel, try world.job(4, .vmStart, VMArguments(vm: World.vm(1))))
        #expect(kernel.devices == [share(1), share(2)] && kernel.made == 3)
    }

    @Test func aVMThatStopsByItselfGivesItsShareBack() async throws {
        let (world, kernel) = try await machine()
        let life = try await run(world, kernel, try world.clone())
        try await life.hypervisor.destroy(World.vm())
        try await life.host.resettle()
        #expect(kernel.devices == [])
    }

    @Test func whatSomebodyElseMadeIsNeverRemoved() async throws {
        let (world, kernel) = try await machine()
        let foreign = MediatedDeviceID.random()
        try kernel.set(kernel.file("create"), foreign.description)
        try await run(world, kernel, try world.clone())
        #expect(kernel.devices == [foreign, share(1)])
        try await run(world, kernel, try world.job(2, .vmDelete, VMArguments(vm: World.vm())))
        #expect(kernel.devices == [foreign])
    }

    /// Somebody made it by what the definition says. It serves, and is theirs.
    @Test func aShareThatIsThereServes() async throws {
        let (world, kernel) = try await machine()
        try kernel.set(kernel.file("create"), share(1).description)
        try await run(world, kernel, try world.clone())
        #expect(kernel.made == 1)
        try await run(world, kernel, try world.job(2, .vmStop, StopArguments(vm: World.vm(), force: true)))
        #expect(kernel.devices == [share(1)])
    }

    @Test func aShareOfAnotherTypeIsLeftToWhomeverMadeIt() async throws {
        let (world, kernel) = try await machine()
        try kernel.set(kernel.file("create", of: "i915-GVTg_V5_4"), share(1).description)
        let job = try world.clone()
        try await run(world, kernel, job, expecting: .rolledBack)
        #expect(world.last(of: job.id)?.reason == "mediated-device-exists")
        #expect(kernel.devices == [share(1)])
    }

    @Test func whereNoneIsLeftNothingStarts() async throws {
        let (world, kernel) = try await machine()
        for _ in 0..<4 { try kernel.set(kernel.file("create"), MediatedDeviceID.random().description) }
        let job = try world.clone()
        try await run(world, kernel, job, expecting: .rejected)
        #expect(world.last(of: job.id)?.reason == "no-place")
        #expect(world.last(of: job.id)?.message?.contains("i915-GVTg_V5_8 is left") == true)
    }

    @Test func aDriverThatMakesNoneIsNamedAndLeavesNothing() async throws {
        let (world, kernel) = try await machine()
        kernel.refuses = true
        let job = try world.clone()
        try await run(world, kernel, job, expecting: .rolledBack)
        #expect(world.last(of: job.id)?.reason == "no-mediated-device")
        #expect(
            world.last(of: job.id)?.message?.contains(
                "the driver of 0000:00:02.0 makes no mediated device of type i915-GVTg_V5_8") == true)
        try await expectNothing(world, job.id)
        #expect(!world.record.contains(share(1).description))
    }

    @Test func aStartThatFailsRemovesIt() async throws {
        let (world, kernel) = try await machine()
        try await run(world, kernel, try world.clone(), expecting: .rolledBack) {
            $0.fail(.start, with: HypervisorError(.failed, operation: "start", object: "office", message: "no"))
        }
        #expect(kernel.devices == [] && kernel.made == 1)
    }

    /// They are gone, and the definition names something that nobody else can have.
    @Test func afterABootItIsMadeAnew() async throws {
        let (world, kernel) = try await machine()
        try await run(world, kernel, try world.clone())
        let hypervisor = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
        try await hypervisor.destroy(World.vm())
        try kernel.boot()
        try FileManager.default.removeItem(atPath: world.directory.file("root/run"))
        try await run(world, kernel, try world.job(9, .vmStart, VMArguments(vm: World.vm())))
        #expect(kernel.devices == [share(1)] && kernel.made == 2)
    }

    @Test func everyCrashOfACloneEndsWithItsShare() async throws {
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
            #expect(try await second.hypervisor.domain(World.vm()).mediatedDevices == [share(1)], "\(point)")
            #expect(kernel.devices == [share(1)], "\(point)")
        }
    }

    /// The agent died between making it and starting the VM, and its job is not done again.
    @Test func whatADeadAgentMadeIsRemovedByTheNextOne() async throws {
        let (world, kernel) = try await machine()
        let first = try await life(world, kernel)
        let pool = MediatedDevicePool(facilities: first.host.facilities)
        try pool.make([.init(parent: kernel.card, type: kernel.type, id: share(7))])
        #expect(kernel.devices == [share(7)])
        try await run(world, kernel, try world.clone())
        #expect(kernel.devices == [share(1)])
    }

    // Helpers

    private func share(_ number: Int) -> MediatedDeviceID { MediatedDeviceID(vm: World.vm(number), number: 0) }

    private func machine() async throws -> (World, KernelWithShares) {
        let world = try await World()
        return (world, try KernelWithShares(root: world.directory.file("root")))
    }

    private func life(
        _ world: World, _ kernel: KernelWithShares, configure: (InMemoryHypervisor) -> Void = { _ in },
        crashAt: @escaping @Sendable (FaultPoint) -> Bool = { _ in false }
    ) async throws -> Life {
        var profile = Life.profile
        profile.hostDevices = [DeviceSelector(role: .gpu, mdevType: kernel.type)]
        return try await Life(
            world, profile: profile, inventory: { _ in kernel.inventory }, set: kernel.set, configure: configure,
            crashAt: crashAt)
    }

    @discardableResult
    private func run(
        _ world: World, _ kernel: KernelWithShares, _ job: Job, expecting state: JobState = .succeeded,
        configure: (InMemoryHypervisor) -> Void = { _ in }
    ) async throws -> Life {
        let life = try await life(world, kernel, configure: configure)
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == state, "\(world.last(of: job.id)?.message ?? "")")
        return life
    }
}

extension World {
    fileprivate var record: String {
        let path = directory.file("root/run/virtfleet-agent/mediated-devices.json")
        return FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// A kernel that makes and removes mediated devices as drivers/vfio/mdev does, of a card that has room for four small shares or
/// two large ones.
private final class KernelWithShares: Sendable {
    private struct State {
        /// With the share of the card that each takes.
        var devices: [MediatedDeviceID: String] = [:]
        var made = 0
        var refuses = false
    }

    private static let sizes = ["i915-GVTg_V5_4": 2, "i915-GVTg_V5_8": 1]
    let card = PCIAddress("0000:00:02.0")!
    let type = MediatedTypeID("i915-GVTg_V5_8")!
    private let root: String
    private let state = Mutex(State())

    init(root: String) throws {
        self.root = root
        for type in Self.sizes.keys { try makeDirectory("\(directory(type))/devices") }
        try makeDirectory("\(root)/sys/bus/mdev/devices")
    }

    var devices: Set<MediatedDeviceID> { state.withLock { Set($0.devices.keys) } }
    /// How many ever.
    var made: Int { state.withLock(\.made) }

    var refuses: Bool {
        get { state.withLock(\.refuses) }
        set { state.withLock { $0.refuses = newValue } }
    }

    private var parent: String { "\(root)/sys/bus/pci/devices/\(card)" }

    private func directory(_ type: String) -> String { "\(parent)/mdev_supported_types/\(type)" }

    func file(_ name: String, of type: String = "i915-GVTg_V5_8") -> String { "\(directory(type))/\(name)" }

    func boot() throws { for device in devices { try set("\(parent)/\(device)/remove", "1") } }

    @Sendable func set(_ path: String, _ value: String) throws {
        try state.withLock { state in
            if let type = Self.sizes.keys.first(where: { path == file("create", of: $0) }) {
                guard let id = MediatedDeviceID(value) else { throw FileError("write", path, code: 22) }
                if state.devices[id] != nil { throw FileError("write", path, code: 17) }
                if state.refuses || left(state, type) < 1 { throw FileError("write", path, code: 28) }
                state.devices[id] = type
                state.made += 1
                for place in places(id, type) { try makeDirectory(place) }
            } else if let (id, type) = state.devices.first(where: { path == "\(parent)/\($0.key)/remove" }) {
                state.devices[id] = nil
                for place in places(id, type) { try FileManager.default.removeItem(atPath: place) }
            } else if path.contains("mdev") {
                throw FileError("open", path, code: 2)
            }
        }
    }

    private func places(_ id: MediatedDeviceID, _ type: String) -> [String] {
        ["\(parent)/\(id)", "\(root)/sys/bus/mdev/devices/\(id)", file("devices/\(id)", of: type)]
    }

    private func makeDirectory(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    private func left(_ state: State, _ type: String) -> Int {
        let used = state.devices.values.reduce(0) { $0 + Self.sizes[$1, default: 0] }
        return (4 - used) / Self.sizes[type, default: 1]
    }

    var inventory: MachineInventory {
        let now = state.withLock(\.self)
        var device = Machine.device(card.description, "0300", group: 1, "8086:5917", with: [], .never)
        device.driver = "i915"
        device.mediatedTypes = Self.sizes.keys.sorted().map { type in
            let devices = now.devices.filter { $0.value == type }.keys.sorted()
            return PCIDevice.MediatedType(
                id: type, available: left(now, type), deviceAPI: "vfio-pci", devices: devices.isEmpty ? nil : devices)
        }
        return MachineInventory(cpu: Machine.cpu(cores: 8), memory: Machine.memory(64), pci: [device])
    }
}
