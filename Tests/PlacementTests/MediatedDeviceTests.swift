import FleetModel
import FleetTestSupport
import Testing

@testable import Placement

/// Mediated devices (GVT-g, vGPU): shares of a device that the host keeps.
@Suite struct MediatedDeviceTests {
    private static let card = PCIAddress("0000:00:02.0")!
    private static let large = MediatedTypeID("i915-GVTg_V5_4")!
    private static let small = MediatedTypeID("i915-GVTg_V5_8")!

    private func ask(_ type: MediatedTypeID) -> DeviceSelector { DeviceSelector(role: .gpu, mdevType: type) }

    private func type(
        _ id: MediatedTypeID, _ available: Int?, _ devices: [MediatedDeviceID]? = nil, api: String? = "vfio-pci"
    ) -> PCIDevice.MediatedType {
        PCIDevice.MediatedType(id: id.description, available: available, deviceAPI: api, devices: devices)
    }

    /// The host's own card, which it shares.
    private func card(_ types: PCIDevice.MediatedType...) -> PCIDevice {
        var card = Machine.device("0000:00:02.0", "0300", group: 1, "8086:5917", with: [], .never)
        card.gpu = GPU(role: .hostDisplay, reason: "")
        card.driver = "i915"
        card.mediatedTypes = types
        card.passthrough.reason = "The host shows its picture there."
        return card
    }

    private func plan(_ pci: [PCIDevice], _ vms: VMDemand...) -> PlacementPlan {
        PlacementRequest(cpu: Machine.cpu(cores: 8), memory: Machine.memory(64), pci: pci, vms: vms).plan
    }

    private func shares(_ plan: PlacementPlan, _ name: String) -> [VMPlacement.MediatedDevice]? {
        plan.placement(name)?.mediatedDevices
    }

    private func demand(_ name: String, _ graphics: GraphicsDemand, devices: [DeviceSelector] = []) -> VMDemand {
        var demand = vm(name, devices: devices)
        demand.graphics = graphics
        return demand
    }

    /// The host keeps its card, which no VM could have.
    @Test func aVMGetsAShareOfWhatTheHostKeeps() {
        let pci = [card(type(Self.large, 2), type(Self.small, 4))]
        let plan = plan(
            pci, vm("a", devices: [ask(Self.small)]), vm("b", devices: [.init(mdevType: Self.small)]))
        #expect(shares(plan, "a") == [.init(parent: Self.card, type: Self.small)])
        #expect(shares(plan, "b") == [.init(parent: Self.card, type: Self.small)])
        #expect(plan.placement("a")?.devices == [] && plan.vm("a")?.warnings == [])
    }

    @Test func aNumberThatNoKernelOffersIsOneAsWell() {
        let pci = [card(type(Self.large, .max, [.random()]), type(Self.small, 4))]
        #expect(shares(plan(pci, vm("a", devices: [ask(.auto)])), "a") == [.init(parent: Self.card, type: Self.small)])
    }

    @Test func neverMoreThanTheKernelOffers() {
        let pci = [card(type(Self.small, 2))]
        let plan = plan(pci, vm("a", devices: [ask(Self.small), ask(Self.small)]), vm("b", devices: [ask(Self.small)]))
        #expect(shares(plan, "a")?.count == 2)
        let refused = plan.vm("b")?.obstacles.first
        #expect(refused?.reason.contains("No mediated device of type i915-GVTg_V5_8 is left") == true)
        #expect(refused?.fix == "Stop a VM that has one.")
        for none in [type(Self.small, nil), type(Self.small, -1)] {
            #expect(self.plan([card(none)], vm("a", devices: [ask(Self.small)])).placement("a") == nil)
        }
    }

    /// What is there already is in the kernel's number; what was planned since the inventory is not.
    @Test func whatRunsIsCountedOnce() {
        let id = MediatedDeviceID("6b5f0f1e-0d83-5c1c-8a51-1f2ad2f3e0aa")!
        var running = vm("a", devices: [ask(Self.small)])
        running.running = plan([card(type(Self.small, 2))], running).placement("a")
        running.running?.mediatedDevices[0].id = id
        let others = [vm("b", devices: [ask(Self.small)]), vm("c", devices: [ask(Self.small)])]
        let before = plan([card(type(Self.small, 2))], running, others[0], others[1])
        #expect(shares(before, "b")?.count == 1 && before.placement("c") == nil)
        let after = plan([card(type(Self.small, 1, [id]))], running, others[0], others[1])
        #expect(shares(after, "b")?.count == 1 && after.placement("c") == nil)
        #expect(after.placement("a")?.mediatedDevices == running.running?.mediatedDevices)
    }

    /// How drivers count types against each other, and whether they mix them at all, cannot be foretold.
    @Test func oneParentIsSharedInOneTypeUntilTheKernelHasBeenAsked() {
        let pci = [card(type(Self.large, 2), type(Self.small, 4))]
        let plan = plan(pci, vm("a", devices: [ask(Self.large)]), vm("b", devices: [ask(Self.small)]))
        #expect(shares(plan, "a")?.count == 1 && plan.placement("b") == nil)
        let refused = plan.vm("b")?.obstacles.first
        #expect(refused?.reason.contains("Another VM gets one of type i915-GVTg_V5_4") == true)
    }

    @Test func aTypeThatNobodyOffersIsNamedWithThoseThatAre() {
        let pci = [card(type(Self.large, 2), type(MediatedTypeID("vfio_ap-passthrough")!, 2, api: "vfio-ap"))]
        let near = plan(pci, vm("a", devices: [ask(MediatedTypeID("i915-GVTg_V5_2")!)])).vm("a")?.obstacles.first
        #expect(near?.reason.contains("such devices of this machine offer i915-GVTg_V5_4.") == true)
        #expect(near?.fix == "Name one of these (did you mean 'i915-GVTg_V5_4'?).")
        let none = plan([card()], vm("a", devices: [ask(.auto)])).vm("a")?.obstacles.first
        #expect(none?.reason.contains("no such device of this machine offers mediated devices") == true)
        let nothing = plan(pci, vm("a", devices: [.init(mdevType: .auto)])).vm("a")?.obstacles.first
        #expect(nothing?.reason == "One of its device selectors says nothing.")
    }

    @Test func aDeviceIsSharedOrGivenAwayAndNotBoth() {
        var pci = [card(type(Self.small, 2))]
        pci[0].passthrough.verdict = .pass
        pci[0].gpu?.role = .candidate
        let whole = DeviceSelector(role: .gpu)
        let first = plan(pci, vm("a", devices: [whole]), vm("b", devices: [ask(Self.small)]))
        #expect(first.placement("a")?.devices.map(\.address) == [Self.card])
        #expect(first.vm("b")?.obstacles.first?.reason.contains("a has it") == true)
        let reverse = plan(pci, vm("a", devices: [ask(Self.small)]), vm("b", devices: [whole]))
        #expect(shares(reverse, "a")?.count == 1)
        #expect(reverse.vm("b")?.obstacles.first?.reason.contains("a has it") == true)
        #expect(plan(pci, vm("a", devices: [whole, ask(Self.small)])).placement("a") == nil)
        pci[0].mediatedTypes[0].devices = [.random()]
        let others = plan(pci, vm("a", devices: [whole])).vm("a")?.obstacles.first
        #expect(others?.reason.contains("Somebody has made mediated devices of it") == true)
        #expect(others?.fix?.contains("mdevctl list") == true)
    }

    /// As drivers of newer cards do it: the virtual functions are what can be shared.
    @Test func aVirtualFunctionCanBeTheParent() {
        var physical = Machine.device("0000:01:00.0", "0302", group: 5, "10de:2236")
        physical.sriov = PCIDevice.SRIOV(total: 16, current: 2)
        let functions = (0..<2).map { number in
            var function = Machine.device("0000:01:00.\(number + 4)", "0302", group: 6 + number, "10de:2236")
            function.physicalFunction = physical.address
            function.mediatedTypes = [type(MediatedTypeID("nvidia-592")!, 1)]
            return function
        }
        let ask = DeviceSelector(id: PCIDeviceID("10de:2236"), mdevType: MediatedTypeID("nvidia-592"))
        let plan = plan(
            [physical] + functions, vm("a", devices: [ask]), vm("b", devices: [ask]), vm("c", devices: [ask]))
        #expect(shares(plan, "a")?.map(\.parent) == [functions[0].address])
        #expect(shares(plan, "b")?.map(\.parent) == [functions[1].address] && plan.placement("c") == nil)
        let whole = self.plan(
            [physical] + functions, vm("a", devices: [ask]),
            vm("b", devices: [.init(portPath: "at 0000:01:00.0")]))
        #expect(whole.vm("b")?.obstacles.first?.reason.contains("a has it") == true)
    }

    // MARK: Graphics

    @Test func graphicsComeInTheOrderOfWhatTheGuestGetsOutOfThem() {
        var shared = card(type(Self.small, 4), type(Self.large, 2))
        let free = Machine.device("0000:01:00.0", "0300", group: 2, "10de:2504")
        let both = plan([shared, free], demand("a", .auto), demand("b", .auto))
        #expect(both.placement("a")?.devices.map(\.address) == [free.address] && shares(both, "a") == [])
        // The largest: the type of which there are the fewest.
        #expect(shares(both, "b") == [.init(parent: Self.card, type: Self.large)])
        let warnings = both.vm("b")?.warnings ?? []
        #expect(warnings.contains { $0.contains("a mediated device, and nothing better") }, "\(warnings)")
        #expect(warnings.filter { $0.hasPrefix("Better graphics: ") }.count == 2)
        shared.sriov = PCIDevice.SRIOV(total: 7, current: 0)
        let function = plan([shared], demand("a", .auto))
        #expect(function.virtualFunctions.count == 1 && shares(function, "a") == [])
        #expect(shares(plan([shared], demand("a", .mdev)), "a")?.count == 1)
        #expect(plan([], demand("a", .mdev)).placement("a") == nil)
    }

    @Test func aShareThatItHasAnywayIsEnough() {
        let pci = [card(type(Self.large, 2)), Machine.device("0000:01:00.0", "0300", group: 2, "10de:2504")]
        let plan = plan(pci, demand("a", .auto, devices: [ask(Self.large)]))
        #expect(shares(plan, "a")?.count == 1 && plan.placement("a")?.devices == [])
    }

    /// What stays of a definition after a boot: its addresses, of which a share has none.
    @Test func aShareHasNoAddressToBeComparedByItself() {
        let pci = [card(type(Self.large, 2))]
        #expect(demand("a", .mdev).isMet(by: [], of: pci) && !demand("a", .mdev).isMet(by: [Self.card], of: pci))
    }
}
