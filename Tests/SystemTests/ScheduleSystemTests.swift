import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// Schedules as an operator has them: the CLI, the controller, the bus and the agent.
@Suite struct ScheduleSystemTests {
    @Test func aJobWaitsForItsWindowAndItsTurnIsTheOperators() async throws {
        let site = try await OneHost()
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "bare", "--no-start", "--wait")
        // Opens half a day from now.
        let start = Date(timeIntervalSinceNow: 43_200).formatted(.iso8601).prefix(16)
        let files = try TemporaryDirectory()
        try Data("start: \(start)\ntimeZone: UTC\nduration: 1h\n".utf8).write(
            to: URL(filePath: files.file("nights.yaml")))
        try await site.virtfleet("window", "apply", files.file("nights.yaml"))
        // By the host's own clock, which it has told.
        try Data("duration: 2h\n".utf8).write(to: URL(filePath: files.file("local.yaml")))
        try await site.virtfleet("window", "apply", files.file("local.yaml"))
        #expect(try await site.virtfleet("window", "show", "local", "--host", "ada").contains("Open, by the clocks of"))
        for _ in 0..<2 { try await site.virtfleet("vm", "start", "office", "--host", "ada", "--window", "nights") }
        try await site.agent.program.until("both wait") {
            let queue = try await site.client.queue(of: "ada")
            return queue.count == 2 && queue.allSatisfy { $0.state == .waiting && $0.reason == "window" }
        }
        let before = try await site.client.queue(of: "ada").map(\.id)
        try await site.virtfleet("job", "move", "\(before[1])", "--first")
        #expect(try await site.client.queue(of: "ada").map(\.id) == before.reversed())
        #expect(try await site.vm("office")?.state == .shutoff)
        try await site.virtfleet("job", "purge", "ada", "--yes")
        try await site.agent.program.until("nothing is left to do") { try await site.client.queue(of: "ada").isEmpty }
        #expect(try await site.client.job(before[0]).state == .cancelled)
        await site.close()
    }
}
