import FleetModel
import FleetTestSupport
import Testing

@testable import Placement

/// Virtual functions (SR-IOV): those that are there, and those that have to be made.
@Suite struct VirtualFunctionTests {
    private static let card = PCIAddress("0000:02:00.0")!
    private let ask = DeviceSelector(role: .nic, virtualFunction: true)

    /// A network card that can have virtual functions, and those that it has.
    private func card(total: Int = 4, current: Int = 0) -> [PCIDevice] {
        var physical = Machine.device("0000:02:00.0", "0200", group: 2, with: [], .never)
        physical.driver = "igb"
        physical.sriov = PCIDevice.SRIOV(total: total, current: current)
        physical.passthrough.reason = "The host needs it: the default route goes out on eno1."
        return [physical]
            + (0..<current).map {
                var function = Machine.device("0000:02:10.\($0)", "0200", group: 20 + $0, "8086:1520")
                function.physicalFunction = physical.address
                return function
            }
    }

    private func plan(_ pci: [PCIDevice], _ vms: VMDemand...) -> PlacementPlan {
        PlacementRequest(cpu: Machine.cpu(cores: 8), memory: Machine.memory(64), pci: pci, vms: vms).plan
    }

    private func addresses(_ plan: PlacementPlan, _ name: String) -> [String] {
        (plan.placement(name)?.devices ?? []).map { String($0.address.description.dropFirst(5)) }
    }

    /// The host keeps its card, which no VM could have.
    @Test func whatIsThereIsTaken() {
        let plan = plan(card(current: 2), vm("a", devices: [ask]), vm("b", devices: [ask]), vm("c", devices: [ask]))
        #expect(addresses(plan, "a") == ["02:10.0"] && addresses(plan, "b") == ["02:10.1"])
        #expect(plan.virtualFunctions == [])
        let refused = plan.vm("c")?.obstacles.first
        #expect(refused?.reason.contains("VMs have all its 2 virtual functions") == true, "\(refused?.reason ?? "")")
        #expect(refused?.fix == "Stop a VM that has one.")
    }

    /// The whole card is the best of what is asked for, unless it would take with it what is asked for as well.
    @Test func whoAsksForSeveralIsNotRefusedForTakingTheCard() {
        var pci = card(current: 2)
        pci[0].passthrough = pci[1].passthrough
        pci[0].driver = nil
        let any = DeviceSelector(role: .nic)
        #expect(addresses(plan(pci, vm("a", devices: [any, any])), "a") == ["02:10.0", "02:10.1"])
        #expect(addresses(plan(pci, vm("a", devices: [any])), "a") == ["02:00.0"])
        let refused = plan(pci, vm("a", devices: [any, any, any])).vm("a")
        #expect(refused?.placement == nil && refused?.obstacles.isEmpty == false)
    }

    @Test func whereThereAreNoneSomeAreMade() {
        let plan = plan(card(total: 63), vm("a", devices: [ask]), vm("b", devices: [ask, ask]))
        #expect(plan.virtualFunctions == [.init(physicalFunction: Self.card, count: 8)])
        #expect(plan.vm("a")?.placement?.devices == [])
        #expect(plan.vm("a")?.warnings.first?.hasPrefix("Virtual functions of 0000:02:00.0 (class 0200)") == true)
    }

    @Test func neverMoreThanTheCardCanHave() {
        let names = ["a", "b", "c", "d", "e"]
        let request = PlacementRequest(
            cpu: Machine.cpu(cores: 8), memory: Machine.memory(64), pci: card(total: 4),
            vms: names.map { vm($0, devices: [ask]) })
        #expect(request.plan.virtualFunctions == [.init(physicalFunction: Self.card, count: 4)])
        #expect(request.plan.vms.filter { $0.placement != nil }.count == 4)
        let refused = request.plan.vm("e")?.obstacles.first
        #expect(refused?.reason.contains("Other VMs get all the 4 virtual functions") == true)
    }

    @Test func aVMThatHasTheDeviceHasItsFunctionsToo() {
        var pci = card(total: 4)
        pci[0].passthrough.verdict = .pass
        let whole = DeviceSelector(role: .nic)
        let both = plan(pci, vm("a", devices: [whole]), vm("b", devices: [ask]))
        #expect(addresses(both, "a") == ["02:00.0"] && both.virtualFunctions == [])
        #expect(both.vm("b")?.obstacles.first?.reason.contains("a has it") == true)
        let reverse = plan(pci, vm("a", devices: [ask]), vm("b", devices: [whole]))
        #expect(reverse.placement("a") != nil && reverse.virtualFunctions.count == 1)
        #expect(reverse.vm("b")?.obstacles.first?.reason.contains("a has it") == true)
        #expect(plan(pci, vm("a", devices: [whole, ask])).placement("a") == nil)
    }

    @Test func aCardWithoutADriverOrAGroupMakesNone() {
        for (damage, words) in [
            ({ $0.driver = "vfio-pci" }, "No driver of the host has it"),
            ({ $0.iommuGroup = nil }, "The host needs it"),
        ] as [((inout PCIDevice) -> Void, String)] {
            var pci = card()
            damage(&pci[0])
            let refused = plan(pci, vm("a", devices: [ask])).vm("a")?.obstacles.first
            #expect(refused?.reason.contains(words) == true, "\(refused?.reason ?? "")")
        }
        let none = plan([], vm("a", devices: [ask])).vm("a")?.obstacles.first
        #expect(none?.reason.contains("no such device of this machine has virtual functions") == true)
    }

    /// The group of a function cannot be foretold, only read.
    @Test func aFunctionInABadGroupIsRefusedWithItsReason() {
        var pci = card(current: 1)
        pci[1].passthrough = .init(
            verdict: .notSeparable, with: [Self.card], reason: "The host's card is in its group.")
        let refused = plan(pci, vm("a", devices: [ask])).vm("a")?.obstacles.first
        #expect(refused?.reason.contains("The host's card is in its group.") == true)
    }

    @Test func aNetworkCardKeepsItsAddress() {
        let mac = MACAddress("52:54:00:12:34:56")!
        var own = ask
        own.mac = mac
        #expect(plan(card(current: 1), vm("a", devices: [own])).placement("a")?.devices.first?.mac == mac)
    }

    @Test func addressesFromBeforeAreCompared() {
        let demand = vm("a", devices: [ask])
        let pci = card(current: 2)
        #expect(demand.isMet(by: [PCIAddress("0000:02:10.1")!], of: pci))
        #expect(!demand.isMet(by: [Self.card], of: pci) && !demand.isMet(by: [], of: pci))
        #expect(!demand.isMet(by: [PCIAddress("0000:02:10.1")!], of: card()))
        let whole = vm("b", devices: [.init(id: PCIDeviceID("8086:1520"))])
        #expect(!whole.isMet(by: [PCIAddress("0000:02:10.0")!, PCIAddress("0000:02:10.1")!], of: pci))
    }
}
