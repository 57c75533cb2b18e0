import FleetModel
import FleetTestSupport
import Testing

@testable import Placement

@Suite struct DeviceTests {
    private let card = [
        Machine.device("0000:01:00.0", "0300", group: 1, "10de:2504", with: ["0000:01:00.1"]),
        Machine.device("0000:01:00.1", "0403", group: 1, "10de:228e", with: ["0000:01:00.0"]),
        Machine.device("0000:02:00.0", "0200", group: 2, "8086:1533"),
        Machine.device("0000:03:00.0", "0200", group: 3, "8086:1533"),
    ]

    private func plan(_ pci: [PCIDevice], _ vms: VMDemand...) -> PlacementPlan {
        PlacementRequest(cpu: Machine.cpu(cores: 8), memory: Machine.memory(64), pci: pci, vms: vms).plan
    }

    private func addresses(_ plan: PlacementPlan, _ name: String) -> [String] {
        (plan.placement(name)?.devices ?? []).map { device in
            ([device.address] + device.companions).map { String($0.description.dropFirst(5)) }.joined(separator: "+")
        }
    }

    @Test func companionsComeAlong() {
        let plan = plan(card, vm("a", devices: [.init(role: .gpu), .init(role: .nic)]))
        #expect(addresses(plan, "a") == ["01:00.0+01:00.1", "02:00.0"])
    }

    @Test func aCompanionCanBeMeant() {
        let plan = plan(card, vm("a", devices: [.init(role: .gpu), .init(id: PCIDeviceID("10de:228e"))]))
        #expect(plan.placement("a")?.devices.flatMap(\.functions).count == 2)
        let twice = self.plan(card, vm("a", devices: [.init(role: .gpu), .init(role: .sound), .init(role: .sound)]))
        #expect(twice.placement("a") == nil)
    }

    @Test func aDriveIsGivenByItsRoleAndIsKnownToHaveDisks() {
        let machine =
            card + [
                Machine.device("0000:04:00.0", "0108", group: 4, "144d:a80a"),
                Machine.device("0000:05:00.0", "0106", group: 5, "8086:a352"),
            ]
        let plan = plan(machine, vm("a", devices: [.init(role: .nvme)]), vm("b", devices: [.init(role: .nvme)]))
        #expect(addresses(plan, "a") == ["04:00.0"] && plan.placement("b") == nil)
        for selector in [
            DeviceSelector(role: .nvme), DeviceSelector(deviceClass: PCIClass("0106")),
            DeviceSelector(id: PCIDeviceID("8086:a352")), DeviceSelector(portPath: machine[4].portPath),
        ] { #expect(selector.hasDisks(among: machine), "\(selector)") }
        for selector in [
            DeviceSelector(role: .gpu), DeviceSelector(role: .nic, portPath: machine[2].portPath),
            DeviceSelector(id: PCIDeviceID("10de:2504")),
        ] { #expect(!selector.hasDisks(among: machine), "\(selector)") }
    }

    @Test func noDeviceGoesTwice() {
        let plan = plan(
            card, vm("a", devices: [.init(role: .nic)]), vm("b", devices: [.init(role: .nic)]),
            vm("c", devices: [.init(role: .nic)]))
        #expect(addresses(plan, "a") == ["02:00.0"] && addresses(plan, "b") == ["03:00.0"])
        #expect(
            plan.vm("c")?.obstacles == [
                PlacementObstacle(
                    reason: "It asks for a nic. 0000:02:00.0 (class 0200): a has it, or a part of its group. "
                        + "Nor can it have 1 more.", fix: "Stop a, or take the device from it.")
            ])
    }

    @Test func whoHasTheLeastChoiceChoosesFirst() {
        let selectors: [DeviceSelector] = [
            .init(role: .nic), .init(deviceClass: PCIClass("0200"), portPath: "at 0000:02:00.0"),
        ]
        #expect(addresses(plan(card, vm("a", devices: selectors)), "a") == ["02:00.0", "03:00.0"])
    }

    @Test func theInventorysOwnWordsSayWhyNot() throws {
        var nic = Machine.device("0000:02:00.0", "0200", group: 2, "8086:1533", .never)
        nic.passthrough.reason = "The host needs it: the default route goes out on eno1."
        nic.passthrough.fix = "Use another card."
        let refused = try #require(plan([nic], vm("a", devices: [.init(role: .nic)])).vm("a")?.obstacles.first)
        #expect(refused.reason.hasSuffix("The host needs it: the default route goes out on eno1."))
        #expect(refused.fix == "Use another card.")
        let none = plan([nic], vm("a", devices: [.init(role: .gpu)])).vm("a")
        #expect(none?.obstacles.first?.reason == "It asks for a gpu, which this machine does not have.")
    }

    @Test func theHostsPictureIsGivenAwayOnlyDeliberately() {
        var card = card
        card[0].gpu = GPU(role: .hostDisplay, reason: "")
        for careless in [DeviceSelector(role: .gpu), DeviceSelector(role: .sound)] {
            let refused = plan(card, vm("a", devices: [careless]))
            #expect(refused.vm("a")?.obstacles.first?.reason.contains("The host shows its picture there.") == true)
        }
        let deliberate = plan(card, vm("a", devices: [.init(role: .gpu, id: PCIDeviceID("10de:2504"))]))
        #expect(addresses(deliberate, "a") == ["01:00.0+01:00.1"])
    }

    @Test func aPhysicalFunctionAndItsVirtualOnesGoToOneVMAtMost() {
        var functions = [card[2], Machine.device("0000:02:10.0", "0200", group: 9, "8086:1520")]
        functions[1].physicalFunction = functions[0].address
        let nic = DeviceSelector(role: .nic)
        let two = plan(functions, vm("a", devices: [nic]), vm("b", devices: [nic]))
        #expect(addresses(two, "a") == ["02:00.0"] && two.placement("b") == nil)
        #expect(plan(functions, vm("a", devices: [nic, nic])).placement("a") == nil)
    }

    @Test func functionsOfOneGroupGoToOneVM() {
        // An inventory that contradicts itself.
        let pair = [Machine.device("0000:02:00.0", "0200", group: 2), Machine.device("0000:02:00.1", "0200", group: 2)]
        let plan = plan(pair, vm("a", devices: [.init(role: .nic)]), vm("b", devices: [.init(role: .nic)]))
        #expect(plan.placement("a") != nil && plan.placement("b") == nil)
        var lost = card[0]
        lost.passthrough.with = [PCIAddress("0000:0f:00.0")!]
        let unknown = self.plan([lost], vm("a", devices: [.init(role: .gpu)]))
        #expect(unknown.vm("a")?.obstacles.first?.reason.contains("0000:0f:00.0 is not in the inventory") == true)
    }

    @Test func aSelectorThatSaysNothingIsRefused() {
        #expect(plan(card, vm("a", devices: [DeviceSelector()])).vm("a")?.nearestFix?.contains("port path") == true)
    }

    @Test func aVMGoesToTheNodeOfItsDevices() {
        var nic = Machine.device("0000:02:00.0", "0200", group: 2)
        nic.numaNode = 1
        nic.passthrough.warnings = ["It cannot be reset."]
        let request = PlacementRequest(
            cpu: Machine.cpu(cores: 4, nodes: 2), memory: Machine.memory(32, nodes: 2), pci: [nic],
            vms: [vm("a", 2, .dedicated, devices: [.init(role: .nic)]), vm("b", 8, .dedicated)])
        #expect(request.plan.pins("a") == "4 12")
        #expect(request.plan.vm("a")?.warnings == ["0000:02:00.0 (class 0200): It cannot be reset."])
        #expect(request.plan.vm("b")?.placement != nil)
    }
}
