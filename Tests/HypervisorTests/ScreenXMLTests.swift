import FleetModel
import FleetTestSupport
import FoundationEssentials
@testable import Hypervisor
import Subprocess
import Testing

/// What draws a VM's picture, in its definition.
@Suite struct ScreenXMLTests {
    private func specification(_ graphics: GraphicsDemand, _ console: VMConsole) -> DomainSpecification {
        var specification = DomainXMLTests.full
        specification.console = console
        specification.guestOS = .linux
        specification.shares = []
        specification.demand = VMDemand(
            id: specification.id, name: specification.name, vcpus: 4,
            memory: MemoryDemand(minimumBytes: 4 << 30, maximumBytes: 4 << 30), graphics: graphics)
        return specification
    }

    @Test(arguments: [VMConsole.vnc, .spice])
    func virGLDrawsBesideTheConsole(_ console: VMConsole) throws {
        let xml = specification(.virgl, console).xml()
        #expect(xml.contains("<graphics type='egl-headless'/>") && xml.contains("<acceleration accel3d='yes'/>"))
        #expect(xml.contains("<graphics type='\(console.rawValue)'>"))
        #expect(try DomainDefinition(xml: xml).memoryObstacle?.contains("VirGL") == true)
        let plain = specification(.virtio, console).xml()
        #expect(!plain.contains("egl-headless") && !plain.contains("accel3d"))
        #expect(try DomainDefinition(xml: plain).memoryObstacle == nil)
    }

    @Test func withoutGraphicsThereIsNoScreen() {
        #expect(!specification(.none, .spice).xml().contains("<video>"))
        #expect(specification(.passthrough, .spice).xml().contains("<video>"))
    }

    @Test(arguments: GraphicsDemand.allCases)
    func whatIsAskedForIsReadBack(_ graphics: GraphicsDemand) throws {
        let xml = specification(graphics, .spice).xml()
        #expect(try DomainDefinition(xml: xml).demand?.graphics == graphics)
        let unknown = xml.replacing("graphics='\(graphics.rawValue)'", with: "graphics='hologram'")
        #expect(try DomainDefinition(xml: unknown).demand == nil)
    }

    /// Another profile is a difference that can be mended, even where it only says less.
    @Test func whatIsNotAskedForAnyMoreGoes() throws {
        let before = specification(.auto, .spice)
        var after = before
        after.demand?.graphics = nil
        let differences = try after.differences(from: before.xml())
        #expect(differences.map(\.setting) == ["metadata/vm/demand/@graphics"])
        #expect(try DomainDefinition(xml: after.mending(before.xml())).demand?.graphics == nil)
        #expect(try before.differences(from: before.xml()) == [])
    }

    @Test func libvirtsSchemaKnowsIt() async throws {
        let directory = try TemporaryDirectory()
        var specification = specification(.virgl, .spice)
        specification.placement = VMPlacement(
            processors: VMPlacement.Processors(
                topology: VMPlacement.GuestTopology(cores: 4), ownsCores: false, vcpus: [], emulator: CPUSet([]),
                weight: 100), memory: VMPlacement.Memory(bytes: 4 << 30),
            devices: [
                VMPlacement.Device(address: PCIAddress("0000:02:10.1")!, mac: MACAddress("52:54:00:00:00:03")!)
            ])
        let file = directory.file("domain.xml")
        try Data(specification.xml().utf8).write(to: URL(filePath: file))
        let output = try await Subprocess.run("virt-xml-validate", [file, "domain"])
        #expect(output.status == 0, "\(output.text) \(output.errorText)")
    }
}
