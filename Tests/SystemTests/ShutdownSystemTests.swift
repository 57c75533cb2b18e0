import FleetTestSupport
import Foundation
import Glibc
import Testing

/// Both programs as systemd sees them.
@Suite struct ShutdownSystemTests {
    @Test func bothTellSystemdAndLeaveInOrder() async throws {
        let systemd = (controller: try NotifySocket(), agent: try NotifySocket())
        let controller = try await ControllerUnderTest(environment: [
            "NOTIFY_SOCKET": systemd.controller.path, "WATCHDOG_USEC": "400000",
        ])
        let agent = try await AgentUnderTest(
            "ada", of: controller, libvirt: "test:///default",
            environment: ["NOTIFY_SOCKET": systemd.agent.path, "WATCHDOG_USEC": "400000"])
        try await agent.start()
        var heard = (controller: [String](), agent: [String]())
        try await agent.program.until("both have said that they are ready and alive") {
            heard.controller += systemd.controller.messages()
            heard.agent += systemd.agent.messages()
            return [heard.controller, heard.agent].allSatisfy { messages in
                messages.contains("READY=1") && messages.filter { $0 == "WATCHDOG=1" }.count >= 2
            }
        }

        #expect(await agent.stop() == .status(0), "\(agent.program.log)")
        #expect(systemd.agent.messages().contains("STOPPING=1"))
        try await controller.program.until("the host has said goodbye") {
            try await controller.client.host("ada").state == .offline
        }
        #expect(await controller.stop() == .status(0), "\(controller.program.log)")
        #expect(systemd.controller.messages().contains("STOPPING=1"))
        #expect(!controller.killBroker(), "the broker has gone along")
        #expect(!FileManager.default.fileExists(atPath: controller.directory.file("controller.sock")))
    }
}
