import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
import Placement
@testable import Provisioning
import Testing

/// The host's devices are elsewhere after a boot, and VMs that are off name them by where they were.
@Suite struct DeviceRenewalTests {
    private let machine = ChangingMachine(
        MachineInventory(
            cpu: Machine.cpu(cores: 8), memory: Machine.memory(64),
            pci: [Self.nic("0000:02:00.0", 2), Self.nic("0000:03:00.0", 3)]))

    @Test func aDefinitionFollowsItsDeviceWhenTheAgentStarts() async throws {
        let world = try await cloned()
        #expect(try await devices(world) == ["0000:02:00.0"])
        machine.inventory?.pci = [Self.nic("0000:07:00.0", 9), Self.disk("0000:02:00.0", 2)]
        let life = try await life(world)
        _ = try await eventually { try await life.hypervisor.domain(World.vm()).hostDevices == [Self.address("07")] }
        try await life.stop()
    }

    /// Another card of its kind is what it asks for as well, and yet not what the guest knows.
    @Test func whatStillFitsStaysAsItIs() async throws {
        let world = try await cloned()
        machine.inventory?.pci = [Self.nic("0000:01:00.0", 1), Self.nic("0000:02:00.0", 2)]
        let life = try await idle(world)
        #expect(life.hypervisor.calls(of: .define) == 0)
        #expect(try await devices(world) == ["0000:02:00.0"])
    }

    @Test(arguments: ["gone", "never", "another", "unseen"])
    func whatItCannotHaveLeavesTheDefinition(_ fate: String) async throws {
        let world = try await cloned()
        switch fate {
        case "gone": machine.inventory?.pci = []
        case "never": machine.inventory?.pci = [Self.nic("0000:02:00.0", 2, .never)]
        case "another": machine.inventory?.pci = [Self.disk("0000:02:00.0", 2)]
        default: machine.inventory = nil
        }
        _ = try await idle(world)
        #expect(try await devices(world) == [], "\(fate)")
        let start = try world.job(5, .vmStart, VMArguments(vm: World.vm()))
        let refusing = try await life(world)
        try await refusing.receive(start)
        try await refusing.finish(start.id)
        #expect(world.last(of: start.id)?.reason == "no-place", "\(fate)")
        #expect(refusing.hypervisor.calls(of: .start) == 0, "\(fate)")
    }

    /// What a person gave to the VM by hand is the person's.
    @Test func whatOthersGaveStays() async throws {
        let world = try await cloned()
        let hypervisor = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
        let theirs = """
            <hostdev mode='subsystem' type='pci' managed='yes'><source>
            <address domain='0x0000' bus='0x0c' slot='0x00' function='0x0'/></source></hostdev></devices>
            """
        let xml = try await hypervisor.definition(of: World.vm())
        _ = try await hypervisor.define(xml.replacing("</devices>", with: theirs))
        machine.inventory?.pci = []
        _ = try await idle(world)
        #expect(try await devices(world) == ["0000:0c:00.0"])
    }

    @Test func aVMThatRunsKeepsItsAddresses() async throws {
        let world = try await cloned(start: true)
        machine.inventory?.pci = []
        let life = try await idle(world)
        #expect(life.hypervisor.calls(of: .define) == 0)
    }

    // MARK: Starting with the host

    @Test func libvirtStartsNoVMThatHasDevices() async throws {
        let world = try await cloned(autostart: true)
        let domain = try await domain(world)
        #expect(!domain.autostart && domain.startsWithHost && domain.isStartedByAgent)
        let life = try await life(world)
        #expect(try await DriftInspection(life.host).differences(of: domain) == [])
        try await life.stop()
        let plain = try await World()
        try await clone(plain, autostart: true, devices: [])
        #expect(try await self.domain(plain).autostart)
    }

    @Test func theAgentStartsItOnceAfterEachBoot() async throws {
        let world = try await cloned(autostart: true)
        #expect(try await domain(world).state == .shutoff)
        // The clone was made by an agent that had looked already.
        _ = try await idle(world)
        #expect(try await domain(world).state == .shutoff)
        try boot(world)
        machine.inventory?.pci = [Self.nic("0000:07:00.0", 9), Self.disk("0000:02:00.0", 2)]
        let life = try await life(world)
        _ = try await eventually { try await life.hypervisor.domain(World.vm()).state == .running }
        #expect(try await devices(world) == ["0000:07:00.0"])
        try await life.hypervisor.destroy(World.vm())
        try await life.stop()
        // Whoever stopped it meant that.
        _ = try await idle(world)
        #expect(try await domain(world).state == .shutoff)
    }

    @Test func whatLibvirtStartedBeforeIsTakenOver() async throws {
        let world = try await cloned(autostart: true)
        try boot(world)
        let hypervisor = try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
        try await hypervisor.setAutostart(World.vm(), true)
        let life = try await life(world)
        _ = try await eventually { try await !life.hypervisor.domain(World.vm()).autostart }
        try await life.stop()
        #expect(life.hypervisor.calls(of: .start) == 0)
        try boot(world)
        let next = try await self.life(world)
        _ = try await eventually { try await next.hypervisor.domain(World.vm()).state == .running }
        try await next.stop()
    }

    @Test func aVMWithoutItsDeviceStaysOff() async throws {
        let world = try await cloned(autostart: true)
        try boot(world)
        machine.inventory?.pci = []
        let life = try await idle(world)
        #expect(life.hypervisor.calls(of: .start) == 0)
        #expect(try await devices(world) == [])
    }

    /// The job goes on where it was, and knows what becomes of the VM.
    @Test func theVMOfAJobIsLeftToTheJob() async throws {
        let world = try await World()
        let job = try world.clone()
        let first = try await life(world, autostart: true, crashAt: { $0.step == "start" && $0.moment == .afterIntent })
        try await first.receive(job)
        #expect(try await first.crashed())
        try boot(world)
        let second = try await life(world, autostart: true)
        try await second.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded)
        #expect(second.hypervisor.calls(of: .start) == 1)
    }

    @Test func aHypervisorThatComesLateIsWaitedFor() async throws {
        let world = try await cloned(autostart: true)
        try boot(world)
        let life = try await life(
            world,
            configure: {
                $0.fail(.domains, with: HypervisorError(.disconnected, operation: "list", object: "", message: "gone"))
            })
        _ = try await eventually { try await life.hypervisor.domain(World.vm()).state == .running }
        try await life.stop()
    }

    // Helpers

    private static func nic(_ address: String, _ group: Int, _ verdict: PCIDevice.Verdict = .pass) -> PCIDevice {
        Machine.device(address, "0200", group: group, with: [], verdict)
    }

    private static func disk(_ address: String, _ group: Int) -> PCIDevice {
        Machine.device(address, "0108", group: group, "144d:a808", .never)
    }

    private static func address(_ bus: String) -> PCIAddress { PCIAddress("0000:\(bus):00.0")! }

    private func cloned(start: Bool = false, autostart: Bool = false) async throws -> World {
        let world = try await World()
        try await clone(world, start: start, autostart: autostart, devices: Self.selectors)
        return world
    }

    private static let selectors = [DeviceSelector(role: .nic)]

    private func clone(
        _ world: World, start: Bool = false, autostart: Bool, devices: [DeviceSelector]
    ) async throws {
        let job = try world.clone(start: start)
        let life = try await life(world, autostart: autostart, devices: devices)
        try await life.receive(job)
        try await life.finish(job.id)
        #expect(world.last(of: job.id)?.state == .succeeded, "\(world.last(of: job.id)?.message ?? "")")
    }

    private func life(
        _ world: World, autostart: Bool = false, devices: [DeviceSelector] = Self.selectors,
        crashAt: @escaping @Sendable (FaultPoint) -> Bool = { _ in false },
        configure: (InMemoryHypervisor) -> Void = { _ in }
    ) async throws -> Life {
        var profile = Life.profile
        profile.hostDevices = devices
        profile.autostart = autostart
        return try await Life(
            world, profile: profile, inventory: { [machine] in await machine.take($0) }, configure: configure,
            crashAt: crashAt)
    }

    /// A life without jobs, after it has looked at the devices: a job that comes then is judged later.
    private func idle(_ world: World) async throws -> Life {
        let life = try await life(world)
        let job = try world.job(90, .vmStop, StopArguments(vm: VMID.random()))
        try await life.receive(job)
        try await life.finish(job.id)
        world.reports.withLock { $0.removeAll { $0.job == job.id } }
        return life
    }

    /// Nothing runs any more, and /run is new.
    private func boot(_ world: World) throws {
        try FileManager.default.removeItem(atPath: world.directory.file("root/run"))
    }

    private func domain(_ world: World) async throws -> Domain {
        try await InMemoryHypervisor(directory: world.directory.file("hypervisor")).domain(World.vm())
    }

    private func devices(_ world: World) async throws -> [String] {
        try await domain(world).hostDevices.map(\.description)
    }
}
