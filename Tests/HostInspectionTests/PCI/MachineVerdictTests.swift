import FleetModel
import Testing

@testable import HostInspection

/// Real machines: every device gets the verdict that the rules, applied by hand, give it, however thin the tree.
@Suite struct MachineVerdictTests {
    @Test(arguments: MachineFixture.names, MachineFixture.Shape.allCases)
    func everyDeviceGetsItsVerdict(name: String, shape: MachineFixture.Shape) async throws {
        let fixture = try MachineFixture(name)
        let inspection = try await fixture.machine(shape).inspection()
        #expect(inspection.pci.map(\.address) == fixture.verdicts.keys.sorted())
        let parents = Dictionary(uniqueKeysWithValues: fixture.devices.map { ($0.address, $0.parent) })
        for device in inspection.pci {
            let words = [device.passthrough.verdict.rawValue] + device.passthrough.with.map { "\($0)" }
            #expect(words.joined(separator: " ") == fixture.verdicts[device.address], "\(device.address)")
            #expect(!device.passthrough.reason.isEmpty)
            switch shape {
            case .links, .danglingLinks: #expect(device.parent == parents[device.address], "\(device.address)")
            case .plainDirectories, .groupsOnly: #expect(device.parent == nil && device.portPath == nil)
            }
        }
        let iommu = inspection.iommu
        #expect(iommu.status == .enabled && iommu.mode == .translated && iommu.vendor?.rawValue == fixture.vendor)
        #expect(iommu.groups.map(\.id) == Set(fixture.devices.map(\.group)).sorted())
        #expect(iommu.groups.allSatisfy { $0.viable })
    }

    @Test func theMuxlessLaptopIsWarnedBeforeAnyWorkStarts() async throws {
        let inspection = try await MachineFixture("laptop-kabylake-r-mx150").machine(.links).inspection()
        let gpu = try #require(inspection.pci.first { $0.address.description == "0000:01:00.0" })
        #expect(gpu.gpu?.role == .renderOnly && gpu.portPath == "0000:00/1c.0/00.0")
        #expect(gpu.passthrough.warnings.contains { $0.contains("no picture") })
    }

    @Test func theServersDisplayBelongsToItsManagementController() async throws {
        let inspection = try await MachineFixture("server-coffeelake-i350").machine(.links).inspection()
        let display = try #require(inspection.pci.first { $0.address.description == "0000:06:00.0" })
        #expect(display.passthrough.reason.contains("management controller"))
        #expect(!inspection.graphics.contains { $0.device == display.address })
    }
}
