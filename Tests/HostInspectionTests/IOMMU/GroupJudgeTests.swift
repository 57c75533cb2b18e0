import FleetModel
import Testing

@testable import HostInspection

@Suite struct GroupJudgeTests {
    private func judge(_ devices: [PCIDevice], kernel: String? = "6.1.0") -> IOMMUDocument.Group {
        let members = devices.filter { $0.iommuGroup == 1 }.map(\.address)
        return GroupJudge(devices: devices, kernel: kernel.flatMap { KernelRelease($0) }).judge(
            .init(id: 1, type: "DMA", devices: members))
    }

    @Test(arguments: [nil, "vfio-pci", "mlx5_vfio_pci", "nvgrace-gpu-vfio-pci", "pci-stub", "pcieport"])
    func whatVFIOAcceptsBesideItself(driver: String?) throws {
        #expect(judge([try device("01:00.0", "0200", group: 1, driver: driver)]).viable)
    }

    @Test(arguments: ["e1000e", "nouveau", "snd_hda_intel", "shpchp"])
    func aDriverOfTheHostBlocks(driver: String) throws {
        let group = judge([
            try device("01:00.0", "0300", group: 1), try device("01:00.1", "0403", group: 1, driver: driver),
        ])
        #expect(!group.viable && group.blockers.map(\.description) == ["0000:01:00.1"])
    }

    @Test func beforeLinux519AnyBridgeWasExempt() throws {
        let bridge = [try device("00:1c.0", "0604", group: 1, driver: "shpchp")]
        #expect(judge(bridge, kernel: "5.18.19").viable && !judge(bridge, kernel: "5.19.0").viable)
        #expect(!judge(bridge, kernel: nil).viable)
        let cardBus = [try device("00:1c.0", "0607", group: 1, driver: "yenta_cardbus")]
        #expect(judge(cardBus, kernel: "5.10").viable)
    }

    @Test func aHostBridgeOnAnEDACDriverBlocksOnEveryKernel() throws {
        let bridge = [try device("00:18.3", "0600", group: 1, driver: "amd64_edac")]
        #expect(!judge(bridge, kernel: "5.10.0").viable && !judge(bridge).viable)
    }

    private func below(
        _ ports: [(place: String, kind: PCIDevice.PortKind?, acs: PCIDevice.AccessControl?)], inGroup: Bool = true
    ) throws -> [PCIDevice] {
        var devices: [PCIDevice] = []
        for (index, port) in ports.enumerated() {
            devices.append(
                try device(
                    port.place, "0604", group: inGroup ? 1 : 2, parent: index == 0 ? nil : ports[index - 1].place
                ) {
                    $0.portKind = port.kind
                    $0.acs = port.acs
                })
        }
        return devices + [
            try device("05:00.0", "0300", group: 1, parent: ports.last?.place),
            try device("06:00.0", "0200", group: 1, parent: ports.last?.place),
        ]
    }

    private let on = PCIDevice.AccessControl(capable: true, isolates: true)
    private let off = PCIDevice.AccessControl(capable: true, isolates: false)
    private let without = PCIDevice.AccessControl(capable: false, isolates: false)

    @Test func theFirstPortOnTheWayUpThatDoesNotIsolateIsNamed() throws {
        let missing = judge(
            try below([("00:01.0", .root, off), ("01:00.0", .upstream, without), ("02:08.0", .downstream, on)]))
        #expect(missing.dirty?.port?.description == "0000:00:01.0")
        #expect(missing.dirty?.reason.contains("not switched on") == true)
        let lower = judge(
            try below([("00:01.0", .root, off), ("01:00.0", .upstream, on), ("02:08.0", .downstream, without)]))
        #expect(lower.dirty?.port?.description == "0000:02:08.0")
        #expect(lower.dirty?.reason.contains("no Access Control Services") == true)
    }

    @Test func theFixesAreOrderedAndTheOverrideIsLastWithAWarning() throws {
        let fixes = try #require(judge(try below([("00:01.0", .root, without)])).dirty?.fixes)
        let order = ["another slot", "ACS", "newer kernel", "Pass all", "pcie_acs_override"]
        #expect(fixes.count == order.count && zip(fixes, order).allSatisfy { $0.contains($1) })
        #expect(fixes.last?.contains("reach the memory") == true)
    }

    @Test func behindAConventionalBridgeNothingSeparates() throws {
        let group = judge(try below([("00:1c.0", .root, on), ("03:00.0", .toConventional, without)]))
        #expect(group.dirty?.port?.description == "0000:03:00.0")
        #expect(group.dirty?.fixes.first?.contains("PCI Express slot") == true)
        #expect(group.dirty?.fixes.contains { $0.contains("override") } == false)
    }

    @Test func withoutRootThePortInTheGroupIsNamedWithADoubt() throws {
        let group = judge(try below([("00:1c.0", nil, nil)]))
        #expect(
            group.dirty?.port?.description == "0000:00:1c.0" && group.dirty?.reason.contains("root can see") == true)
        #expect(judge(try below([("00:1c.0", nil, nil)], inGroup: false)).dirty?.port == nil)
    }

    @Test func aGroupOfOneSlotIsNotDirty() throws {
        let port = try device("00:01.0", "0604", group: 1) { $0.acs = without }
        let card = try [
            port, device("01:00.0", "0300", group: 1, parent: "00:01.0"),
            device("01:00.1", "0403", group: 1, parent: "00:01.0"),
        ]
        #expect(judge(card).dirty == nil)
    }

    @Test func aLoopOfParentsEnds() throws {
        let first = try device("00:01.0", "0604", group: 2, parent: "01:00.0")
        let second = try device("01:00.0", "0604", group: 2, parent: "00:01.0")
        let ends = try [
            device("02:00.0", "0200", group: 1, parent: "01:00.0"),
            device("03:00.0", "0200", group: 1, parent: "01:00.0"),
        ]
        #expect(judge([first, second] + ends).dirty?.port == nil)
    }
}
