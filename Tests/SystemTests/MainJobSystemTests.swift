import FleetModel
import FleetTestSupport
import FoundationEssentials
import Testing

/// An operator's day with real programs only: controller, broker, agent, libvirt, a guest that boots.
@Suite struct MainJobSystemTests {
    @Test func aTemplateBecomesARunningVMThatTheOperatorSees() async throws {
        let controller = try await ControllerUnderTest()
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let agent = try await AgentUnderTest("ada", of: controller, libvirt: libvirt.uri)
        try await agent.start()
        #expect(try await controller.virtfleet("host", "list", "-o", "csv", "--no-headers").text.contains("ada,online"))

        let imported = try await controller.virtfleet(
            "template", "import", GuestImage.path, "--name", "tiny", "--version", "1")
        #expect(imported.status == 0, "\(imported.errorText)")
        let cloned = try await controller.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "tiny", "--wait")
        #expect(cloned.status == 0, "\(cloned.errorText)\n\(agent.program.log)")
        await libvirt.stop()
        #expect(await agent.stop() == .status(0))
        #expect(await controller.stop() == .status(0))
    }
}
