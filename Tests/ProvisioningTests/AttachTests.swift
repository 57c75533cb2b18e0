import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Hypervisor
import Placement
@testable import Provisioning
import Testing

/// `vm.attach` and `vm.detach`: devices that a VM has beside its profile's.
@Suite struct AttachTests {
    private static let dongle = USBDeviceID("064f:2af9")!
    private static let card = PCIAddress("0000:05:00.0")!

    @Test func aDongleIsThereAtOnceAndAtEveryLaterStart() async throws {
        let world = try await made()
        try plugIn(world, 2, 7)
        try await run(world, try attach(world, .usb(Self.dongle)))
        #expect(world.last(of: World.jobID(2))?.state == .succeeded, "\(world.last(of: World.jobID(2))?.message ?? "")")
        #expect(try await live(world) == [DomainDefinition.USBDevice(id: Self.dongle, bus: 2, device: 7)])
        #expect(try await definition(world).usbDevices.map(\.id) == [Self.dongle])
        #expect(try await drift(world) == [])
        // Another version of the profile leaves it.
        var newer = Life.profile
        newer.vcpus = 1
        try await run(world, try world.job(3, .vmFix, FixArguments(vm: World.vm())), profile: newer)
        #expect(try await definition(world).usbDevices.map(\.id) == [Self.dongle])

        try await run(world, try attach(world, .usb(Self.dongle), 4, kind: .vmDetach))
        #expect(world.last(of: World.jobID(4))?.state == .succeeded, "\(world.last(of: World.jobID(4))?.message ?? "")")
        #expect(try await live(world) == [])
        #expect(try await definition(world).usbDevices == [])
        #expect(try await definition(world).override == nil)
        #expect(try await drift(world) == [])
    }

    @Test func aDongleThatWasPulledOutAndPutBackIsHandedOverAnew() async throws {
        let world = try await made()
        try plugIn(world, 2, 7)
        try await run(world, try attach(world, .usb(Self.dongle)))
        let again = try await run(world, try attach(world, .usb(Self.dongle), 3))
        #expect(again.hypervisor.calls(of: .plug) == 0, "it is there")
        try plugIn(world, 2, 8)
        let third = try await run(world, try attach(world, .usb(Self.dongle), 4))
        #expect(third.hypervisor.calls(of: .unplug) == 1 && third.hypervisor.calls(of: .plug) == 1)
        #expect(try await live(world) == [DomainDefinition.USBDevice(id: Self.dongle, bus: 2, device: 8)])
        #expect(try await definition(world).override?.usbDevices == [Self.dongle])
    }

    @Test func whatIsNotThereIsNamedWithWhatIs() async throws {
        let world = try await made()
        try plugIn(world, 2, 7, id: "1d6b:0003", name: "xHCI Host Controller")
        try await run(world, try attach(world, .usb(Self.dongle)))
        let report = world.last(of: World.jobID(2))
        #expect(report?.state == .rejected && report?.reason == "not-plugged-in")
        #expect(report?.message?.contains("1d6b:0003 xHCI Host Controller") == true)
        try await run(world, try attach(world, .usb(Self.dongle), 3, kind: .vmDetach))
        #expect(world.last(of: World.jobID(3))?.reason == "not-attached")
        try await run(world, try attach(world, .host(DeviceSelector()), 4))
        #expect(world.last(of: World.jobID(4))?.reason == "bad-arguments")
        #expect(try await definition(world).override == nil)
        // A VM that is off has it whenever it is there.
        try await run(world, try world.job(5, .vmStop, StopArguments(vm: World.vm(), force: true)))
        try await run(world, try attach(world, .usb(Self.dongle), 6))
        #expect(world.last(of: World.jobID(6))?.message == "from the next start on, whenever it is plugged in")
    }

    @Test func oneDongleGoesToOneVM() async throws {
        let world = try await made()
        try await run(world, try world.clone(2, name: "other"))
        try plugIn(world, 2, 7)
        try await run(world, try attach(world, .usb(Self.dongle), 3))
        try await run(world, try attach(world, .usb(Self.dongle), 4, vm: World.vm(2)))
        #expect(world.last(of: World.jobID(4))?.reason == "device-in-use")
        #expect(world.last(of: World.jobID(4))?.message?.contains("VM office has") == true)
    }

    @Test func aCardIsTheVMsFromItsNextStartOn() async throws {
        let world = try await made(inventory: machine.take)
        let selector = DeviceSelector(role: .nic)
        try await run(world, try attach(world, .host(selector)), inventory: machine.take)
        #expect(world.last(of: World.jobID(2))?.message == "from the next start on")
        #expect(try await definition(world).demand?.devices == [selector])
        #expect(try await definition(world).hostDevices == [])
        #expect(try await drift(world) == [])
        try await run(
            world, try world.job(3, .vmStop, StopArguments(vm: World.vm(), force: true)), inventory: machine.take)
        try await run(world, try world.job(4, .vmStart, VMArguments(vm: World.vm())), inventory: machine.take)
        #expect(try await definition(world).hostDevices == [Self.card])
        // A second one of the kind is not in this machine.
        try await run(world, try attach(world, .host(selector), 5), inventory: machine.take)
        #expect(world.last(of: World.jobID(5))?.reason == "no-place")
        try await run(world, try attach(world, .host(selector), 6, kind: .vmDetach), inventory: machine.take)
        #expect(world.last(of: World.jobID(6))?.message == "the guest has it until it is shut down")
        #expect(try await definition(world).demand?.devices == [])
        try await run(
            world, try world.job(7, .vmStop, StopArguments(vm: World.vm(), force: true)), inventory: machine.take)
        try await run(world, try world.job(8, .vmStart, VMArguments(vm: World.vm())), inventory: machine.take)
        #expect(try await definition(world).hostDevices == [])
        #expect(try await drift(world) == [])
    }

    @Test(arguments: [JobKindName.vmAttach, .vmDetach])
    func everyCrashEndsWithTheDeviceWhereItBelongs(_ kind: JobKindName) async throws {
        func prepared() async throws -> World {
            let world = try await made()
            try plugIn(world, 2, 7)
            if kind == .vmDetach { try await run(world, try attach(world, .usb(Self.dongle))) }
            return world
        }
        let undisturbed = try await prepared()
        let points = try await run(undisturbed, try attach(undisturbed, .usb(Self.dongle), 3, kind: kind)).points()
        #expect(points.count == 2 * 3 + 4)
        for point in points {
            let world = try await prepared()
            let life = try await Life(world, configure: configure, crashAt: { $0 == point })
            try await life.receive(try attach(world, .usb(Self.dongle), 3, kind: kind))
            #expect(try await life.crashed(), "\(point)")
            try await Life(world, configure: configure).finish(World.jobID(3))
            #expect(world.last(of: World.jobID(3))?.state == .succeeded, "\(point)")
            let expected = kind == .vmAttach ? [Self.dongle] : []
            #expect(try await live(world).map(\.id) == expected, "\(point)")
            #expect(try await definition(world).usbDevices.map(\.id) == expected, "\(point)")
        }
    }

    // Helpers

    private let machine = ChangingMachine(
        MachineInventory(
            cpu: Machine.cpu(cores: 4), memory: Machine.memory(64),
            pci: [Machine.device(Self.card.description, "0200", group: 5)]))
    private let plugged = Plugged()

    private func configure(_ hypervisor: InMemoryHypervisor) { hypervisor.setUSBDevices(plugged.devices) }

    private func made(
        inventory: @escaping @Sendable ([PCIAddress: String]) async -> MachineInventory? = { _ in nil }
    ) async throws -> World {
        let world = try await World()
        try await run(world, try world.clone(), inventory: inventory)
        return world
    }

    /// The only device there is.
    private func plugIn(_ world: World, _ bus: Int, _ device: Int, id: String = "064f:2af9", name: String? = nil) throws
    {
        let directory = world.directory.file("root/sys/bus/usb/devices")
        try DurableFile.removeTree(directory)
        try DurableFile.makeDirectory("\(directory)/2-1", mode: 0o755)
        let parts = id.split(separator: ":").map(String.init)
        for (file, text) in [
            ("idVendor", parts[0]), ("idProduct", parts[1]), ("busnum", "\(bus)"), ("devnum", "\(device)"),
            ("product", name ?? ""),
        ] { try DurableFile.replace("\(directory)/2-1/\(file)", with: Array("\(text)\n".utf8), mode: 0o644) }
        plugged.devices = [DomainDefinition.USBDevice(id: USBDeviceID(id)!, bus: bus, device: device)]
    }

    private func attach(
        _ world: World, _ device: AttachedDevice, _ number: Int = 2, kind: JobKindName = .vmAttach,
        vm: VMID = World.vm()
    ) throws -> Job {
        try world.job(number, kind, AttachArguments(vm: vm, device: device))
    }

    @discardableResult
    private func run(
        _ world: World, _ job: Job, profile: Profile = Life.profile,
        inventory: @escaping @Sendable ([PCIAddress: String]) async -> MachineInventory? = { _ in nil }
    ) async throws -> Life {
        let life = try await Life(world, profile: profile, inventory: inventory, configure: configure)
        try await life.receive(job)
        try await life.finish(job.id)
        return life
    }

    private func hypervisor(_ world: World) throws -> InMemoryHypervisor {
        try InMemoryHypervisor(directory: world.directory.file("hypervisor"))
    }

    private func definition(_ world: World) async throws -> DomainDefinition {
        try DomainDefinition(xml: await hypervisor(world).definition(of: World.vm()))
    }

    private func live(_ world: World) async throws -> [DomainDefinition.USBDevice] {
        try DomainDefinition(xml: await hypervisor(world).liveDefinition(of: World.vm())).usbDevices
    }

    private func drift(_ world: World) async throws -> [SettingDifference]? {
        try await DriftInspection(Life(world).host).differences(of: hypervisor(world).domain(World.vm()))
    }
}

/// What is plugged into the host.
private final class Plugged: @unchecked Sendable {
    var devices: [DomainDefinition.USBDevice] = []
}
