import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// Wall clocks that are set a day ahead and back, one machine's at a time.
@Suite struct ClockJumpTests {
    private static let day = 86400

    @Test func theAgentsIsRecordedAndTheHostStays() async throws {
        let controller = try await ControllerUnderTest()
        let clock = try await SettableClock()
        let agent = try await AgentUnderTest(
            "ada", of: controller, libvirt: "test:///default", environment: clock.environment)
        try await agent.start()
        func jumps() async throws -> [HostEvent] {
            try await controller.client.events(host: "ada", type: .clockJumped).reversed().map {
                try FleetJSON.decode(HostEvent.self, from: FleetJSON.encode($0.body))
            }
        }
        for (ahead, count) in [(Self.day, 1), (0, 2)] {
            // The agent looks at its clock every 10 s and has to have seen the one before.
            try await Task.sleep(for: .seconds(11))
            try clock.set(ahead: ahead)
            try await agent.program.until("jump \(count) is recorded") { try await jumps().count == count }
        }
        let told = try await jumps().map(\.message)
        #expect(told[0].contains("jumped by 8640") && told[1].contains("jumped by -"), "\(told)")
        #expect(try await controller.client.host("ada").state == .online)
        #expect(await agent.stop() == .status(0), "\(agent.program.log)")
        #expect(await controller.stop() == .status(0), "\(controller.program.log)")
    }

    /// The host does nothing on the word of a clock that it cannot believe, and needs nobody once it is right again.
    @Test func theControllersHoldsJobsUntilItIsSetBack() async throws {
        let clock = try await SettableClock()
        let controller = try await ControllerUnderTest(environment: clock.environment)
        let agent = try await AgentUnderTest("ada", of: controller, libvirt: "test:///default")
        try await agent.start()
        try await controller.program.until("the host's VM is known") { try await !controller.client.vms().isEmpty }

        try clock.set(ahead: Self.day)
        let asked = try await controller.virtfleet("vm", "stop", "test", "--force")
        #expect(asked.status == 0, "\(asked.errorText)")
        let job = try #require(try await controller.client.jobs().first)
        try await agent.program.until("the job waits for the clock") {
            let now = try await controller.client.job(job.id)
            return now.state == .waiting && now.reason == "clock"
        }
        #expect(try await controller.client.vms().first?.vm.state == .running)

        try clock.set(ahead: 0)
        try await agent.program.until("the job is over") { try await controller.client.job(job.id).state.isTerminal }
        #expect(try await controller.client.job(job.id).state == .succeeded)
        #expect(try await controller.client.host("ada").state == .online)
        #expect(await agent.stop() == .status(0), "\(agent.program.log)")
        #expect(await controller.stop() == .status(0), "\(controller.program.log)")
    }
}
