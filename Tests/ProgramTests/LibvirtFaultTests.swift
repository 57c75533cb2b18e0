import FleetModel
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// The real agent and a libvirtd that is not there when it should be.
@Suite struct LibvirtFaultTests {
    @Test func anAgentWithoutLibvirtdIsOnlineAndFindsItLater() async throws {
        let controller = try await ControllerUnderTest()
        let libvirt = try PrivateLibvirt()
        let agent = try await AgentUnderTest("ada", of: controller, libvirt: libvirt.uri)
        try await agent.start()
        try await agent.program.until("the controller has its inventory and knows that there is no hypervisor") {
            let inventory = try await controller.client.host("ada").inventory ?? [:]
            // None have come at first.
            let up = try? await controller.client.metrics(of: "ada").batch.host["virtfleet_host_hypervisor_up"]
            return inventory[.cpu] != nil && inventory[.memory] != nil && up == 0
        }
        try await libvirt.start()
        try await VMNoise(libvirt).define("office")
        try await agent.program.until("the VM is there") {
            try await controller.client.vms().map(\.vm.name) == ["office"]
        }
        try await agent.program.until("the host's metrics say that there is a hypervisor") {
            try await controller.client.metrics(of: "ada").batch.host["virtfleet_host_hypervisor_up"] == 1
        }

        // Unreachable is unknown, never gone.
        try await libvirt.kill()
        try await agent.program.until("the VM's state is unknown") {
            try await controller.client.vms().map(\.vm.state) == [.unknown]
        }
        try await libvirt.start()
        try await agent.program.until("the VM's state is known again") {
            try await controller.client.vms().map(\.vm.state) == [.shutoff]
        }
        #expect(await agent.stop() == .status(0))
        #expect(await controller.stop() == .status(0))
        await libvirt.stop()
    }
}
