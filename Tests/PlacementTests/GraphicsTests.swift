import FleetModel
import FleetTestSupport
import Testing

@testable import Placement

/// The best graphics that a host can offer.
@Suite struct GraphicsTests {
    /// The host's own card, which can have virtual functions, and another one with its sound.
    private var cards: [PCIDevice] {
        var own = Machine.device("0000:00:02.0", "0300", group: 1, "8086:46a6", with: [], .never)
        own.gpu = GPU(role: .hostDisplay, reason: "")
        own.driver = "xe"
        own.sriov = PCIDevice.SRIOV(total: 7, current: 0)
        own.passthrough.reason = "The host shows its picture there."
        return [
            own, Machine.device("0000:01:00.0", "0300", group: 2, "10de:2504", with: ["0000:01:00.1"]),
            Machine.device("0000:01:00.1", "0403", group: 2, "10de:228e", with: ["0000:01:00.0"]),
        ]
    }

    private func demand(_ name: String, _ graphics: GraphicsDemand, devices: [DeviceSelector] = []) -> VMDemand {
        var demand = vm(name, devices: devices)
        demand.graphics = graphics
        return demand
    }

    private func plan(_ pci: [PCIDevice], _ vms: VMDemand...) -> PlacementPlan {
        PlacementRequest(cpu: Machine.cpu(cores: 8), memory: Machine.memory(64), pci: pci, vms: vms).plan
    }

    private func addresses(_ plan: PlacementPlan, _ name: String) -> [String] {
        (plan.placement(name)?.devices ?? []).flatMap(\.functions).map { String($0.description.dropFirst(5)) }
    }

    @Test func aCardComesFirstThenAVirtualFunctionThenAScreen() {
        let three = plan(cards, demand("a", .auto), demand("b", .auto))
        #expect(addresses(three, "a") == ["01:00.0", "01:00.1"] && three.vm("a")?.warnings == [])
        #expect(addresses(three, "b") == [])
        #expect(three.virtualFunctions.map(\.physicalFunction.description) == ["0000:00:02.0"])
        #expect(three.vm("b")?.warnings.contains { $0.contains("virtual function, and nothing better") } == true)
        #expect(three.vm("b")?.warnings.contains { $0.contains("a has it") } == true)
        let none = plan([], demand("a", .auto))
        #expect(none.placement("a")?.devices == [] && none.virtualFunctions == [])
        #expect(none.vm("a")?.warnings.contains { $0.contains("virtual screen") } == true)
        #expect(none.vm("a")?.warnings.filter { $0.hasPrefix("Better graphics: ") }.count == 3)
    }

    /// What another one must have goes before what this one would like.
    @Test func nobodyIsKeptOutByWhatAnotherWouldLike() {
        let plan = plan(Array(cards.dropFirst()), demand("a", .auto), demand("b", .passthrough))
        #expect(addresses(plan, "b") == ["01:00.0", "01:00.1"] && addresses(plan, "a") == [])
        #expect(plan.placement("a") != nil)
    }

    /// The host's programs may draw with it. Whoever asks for it by name means it.
    @Test func aCardThatTheHostWorksWithIsLeftToIt() {
        var card = Array(cards.dropFirst())
        card[0].driver = "nvidia"
        let left = plan(card, demand("a", .auto))
        #expect(addresses(left, "a") == [])
        let why = "the host's driver nvidia has it. Bind it to vfio-pci when the host boots"
        #expect(left.vm("a")?.warnings.contains { $0.contains(why) } == true, "\(left.vm("a")?.warnings ?? [])")
        #expect(addresses(plan(card, demand("a", .passthrough)), "a") == ["01:00.0", "01:00.1"])
        card[0].driver = "vfio-pci"
        #expect(addresses(plan(card, demand("a", .auto)), "a") == ["01:00.0", "01:00.1"])
    }

    @Test func aCardThatItHasAnywayIsEnough() {
        let card = DeviceSelector(id: PCIDeviceID("10de:2504"))
        let plan = plan(cards, demand("a", .auto, devices: [card]))
        #expect(addresses(plan, "a") == ["01:00.0", "01:00.1"] && plan.virtualFunctions == [])
    }

    @Test func whatIsAskedForByNameIsNeeded() {
        #expect(plan([], demand("a", .passthrough)).placement("a") == nil)
        #expect(plan([], demand("a", .sriov)).placement("a") == nil)
        #expect(plan(cards, demand("a", .sriov)).virtualFunctions.count == 1)
        for screen in [GraphicsDemand.virtio, .virgl, .none] {
            let plan = plan(cards, demand("a", screen))
            #expect(plan.placement("a")?.devices == [] && plan.virtualFunctions == [])
        }
    }

    @Test func whatAStartChoseIsStillWhatItAsksFor() {
        let card = ["0000:01:00.0", "0000:01:00.1"].map { PCIAddress($0)! }
        #expect(demand("a", .auto).isMet(by: card, of: cards) && demand("a", .auto).isMet(by: [], of: cards))
        #expect(!demand("a", .auto).isMet(by: [card[1]], of: cards))
        #expect(!demand("a", .virtio).isMet(by: card, of: cards))
        #expect(demand("a", .passthrough).isMet(by: card, of: cards))
        #expect(!demand("a", .passthrough).isMet(by: [], of: cards))
    }
}
