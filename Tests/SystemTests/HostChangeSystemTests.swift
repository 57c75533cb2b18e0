import FleetModel
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// A workstation changes while its agent is away. The way out of the test's network leads through bridges that lead
/// nowhere.
@Suite struct HostChangeSystemTests {
    @Test func whatBecameOfTheHostMeanwhileIsInTheEvents() async throws {
        let controller = try await ControllerUnderTest()
        let agent = try await AgentUnderTest("ada", of: controller, libvirt: "test:///default")
        func shown() async throws -> String { try await controller.virtfleet("host", "show", "ada").successful().text }
        func events() async throws -> [Substring] {
            try await controller.virtfleet("event", "list", "-o", "csv").successful().text.split(separator: "\n")
                .filter { $0.contains("host.changed") }
        }

        /// In the agent's state and at the controller.
        func isKnown(_ interface: String) async throws -> Bool {
            let known = FileManager.default.contents(atPath: agent.statePath + "/host.json") ?? Data()
            let isShown = try await shown().contains(interface)
            return isShown && String(decoding: known, as: UTF8.self).contains(interface)
        }

        try await addWayOut("vf-cable")
        try await agent.start()
        try await agent.program.until("the first look is known") { try await isKnown("vf-cable") }
        #expect(await agent.stop() == .status(0), "\(agent.program.log)")
        #expect(try await events() == [], "the first look is the baseline")
        let summary = try await shown()
        for label in ["Kernel:", "Processor:", "Memory:", "IOMMU:", "Default route:", "Readiness\n", "Checks:"] {
            #expect(summary.contains("  \(label)") || summary.contains("\n\(label)"), "\(label) in \(summary)")
        }

        let steps = [("vf-cable", "vf-radio"), ("vf-radio", "vf-modem")]
        for (life, (before, now)) in steps.enumerated() {
            try await ip("link", "delete", before)
            try await addWayOut(now)
            try await agent.start()
            try await agent.program.until("the event is there and the new way out known") {
                let told = try await events().count
                let isKnown = try await isKnown(now)
                return told > life && isKnown
            }
            #expect(await agent.stop() == .status(0), "\(agent.program.log)")
        }
        let told = try await events()
        #expect(told.count == steps.count, "nothing is repeated: \(told)")
        for (line, (before, now)) in zip(told, steps) {
            #expect(line.contains("network the default route's interface \(before) -> \(now)"), "\(told)")
        }
        try await ip("link", "delete", "vf-modem")
        await controller.stop()
    }

    private func addWayOut(_ interface: String) async throws {
        try await ip("link", "add", interface, "type", "bridge")
        try await ip("link", "set", interface, "up")
        try await ip("route", "add", "default", "dev", interface)
    }

    private func ip(_ arguments: String...) async throws {
        _ = try await Subprocess.run("ip", arguments).successful()
    }
}
