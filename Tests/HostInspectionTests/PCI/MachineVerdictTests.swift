import FleetModel
import Testing

@testable import HostInspection

/// Real machines: every device gets the verdict that the rules, applied by hand, give it.
@Suite struct MachineVerdictTests {
    @Test(arguments: MachineFixture.names, MachineFixture.Shape.allCases)
    func everyDeviceGetsItsVerdict(name: String, shape: MachineFixture.Shape) async throws {
        let fixture = try MachineFixture(name)
        let inspection = try await fixture.machine(shape).inspection()
        #expect(inspection.pci.map(\.address) == fixture.verdicts.keys.sorted())
        for device in inspection.pci {
            let words = [device.passthrough.verdict.rawValue] + device.passthrough.with.map { "\($0)" }
            #expect(words.joined(separator: " ") == fixture.verdicts[device.address], "\(device.address)")
            #expect(!device.passthrough.reason.isEmpty)
        }
    }

    @Test(arguments: MachineFixture.names, MachineFixture.Shape.allCases)
    func theIOMMUIsOn(name: String, shape: MachineFixture.Shape) async throws {
        let fixture = try MachineFixture(name)
        let iommu = try await fixture.machine(shape).inspection().iommu
        #expect(iommu.status == .enabled && iommu.mode == .translated)
        #expect(iommu.vendor?.rawValue == fixture.vendor)
        #expect(iommu.groups.map(\.id) == Set(fixture.devices.map(\.group)).sorted())
        #expect(iommu.groups.allSatisfy { $0.viable })
    }

    @Test(arguments: MachineFixture.names)
    func parentsComeFromTheLinksEvenWhenTheyDangle(name: String) async throws {
        let fixture = try MachineFixture(name)
        let parents = Dictionary(uniqueKeysWithValues: fixture.devices.map { ($0.address, $0.parent) })
        for shape in [MachineFixture.Shape.links, .danglingLinks] {
            let inspection = try await fixture.machine(shape).inspection()
            for device in inspection.pci { #expect(device.parent == parents[device.address], "\(device.address)") }
        }
        let plain = try await fixture.machine(.plainDirectories).inspection()
        #expect(plain.pci.allSatisfy { $0.parent == nil && $0.portPath == nil })
    }

    @Test func theMuxlessLaptopIsWarnedBeforeAnyWorkStarts() async throws {
        let inspection = try await MachineFixture("laptop-kabylake-r-mx150").machine(.links).inspection()
        let gpu = try #require(inspection.pci.first { $0.address.description == "0000:01:00.0" })
        #expect(gpu.gpu?.role == .renderOnly)
        #expect(gpu.passthrough.warnings.contains { $0.contains("no picture") })
        #expect(gpu.portPath == "0000:00/1c.0/00.0")
        let dirt = try #require(inspection.iommu.groups.first { $0.id == 7 }?.dirty)
        #expect(dirt.port?.description == nil, "its ports' configuration space is not in the tree")
    }
}
