import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// Somebody copied a workstation, identity included.
@Suite struct TwinSystemTests {
    @Test func aTwinIsRecognisedAndTheTwoDoNotThrowEachOtherOutForEver() async throws {
        let controller = try await ControllerUnderTest()
        let registration = try await controller.register("ada")
        let agents = try (0..<2).map { _ in try AgentUnderTest(registration, of: controller, libvirt: "test:///default")
        }
        try await agents[0].start()
        try agents[1].program.start()

        try await agents[0].program.until("the controller knows of a twin") {
            try await !controller.client.events(host: "ada", type: .identityTwin, limit: 1).isEmpty
        }
        // One of them has left the field by now, and the other stays connected.
        var counts: [Int] = []
        try await agents[0].program.until("nobody connects any more") {
            counts.append(agents.map(\.connections).reduce(0, +))
            try await Task.sleep(for: .seconds(1))
            return counts.count > 8 && counts.suffix(8).allSatisfy { $0 == counts.last }
        }
        #expect(agents.map(\.connections).reduce(0, +) < 12)
        #expect(try await controller.client.host("ada").state == .online)
        for agent in agents { #expect(await agent.stop() == .status(0), "\(agent.program.log)") }
        await controller.stop()
    }
}

extension AgentUnderTest {
    /// How often the broker has accepted it.
    var connections: Int { program.log.components(separatedBy: "connected to the broker").count - 1 }
}
