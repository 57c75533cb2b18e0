import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// Schedules as an operator has them: the CLI, the controller, the bus and the agent; what the agent does by itself it does
/// without the others.
@Suite struct ScheduleSystemTests {
    @Test func aHostCarriesOutItsPolicyWithoutAControllerAndTellsLater() async throws {
        let site = try await OneHost()
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "bare", "--no-start", "--wait")
        // The next full minute that is not just now.
        let next = (Date().timeIntervalSince1970 / 60 + 0.5).rounded(.up) * 60
        let start = Date(timeIntervalSince1970: next).formatted(.iso8601).prefix(16)
        let files = try TemporaryDirectory()
        try Data("start: \(start)\ntimeZone: UTC\nminimumFreeMiB: 0\n".utf8)
            .write(to: URL(filePath: files.file("nightly.yaml")))
        try await site.virtfleet("policy", "apply", files.file("nightly.yaml"))
        #expect(try await site.virtfleet("policy", "show", "nightly").contains("On ada, by the clocks of UTC"))
        try await site.agent.program.until("the agent has the policy") {
            site.agent.program.log.contains("took desired state 1 with 1 policies")
        }
        #expect(await site.controller.stop() == .status(0), "\(site.controller.program.log)")
        try await site.agent.program.until("the snapshot is made", within: .seconds(180)) {
            site.agent.program.log.contains("snapshot.create succeeded")
        }

        try await site.controller.start()
        try await site.agent.program.until("the controller knows of it") {
            try await site.client.jobs(host: "ada").contains { $0.kind == "snapshot.create" && $0.state == .succeeded }
        }
        let job = try #require(try await site.client.jobs(host: "ada").first { $0.kind == "snapshot.create" })
        #expect(job.policy == ResourceName("nightly"))
        try await site.agent.program.until("the snapshot is shown") {
            try await site.vm("office")?.snapshots?.map(\.policy) == [ResourceName("nightly")]
        }
        #expect(try await site.vm("office")?.snapshots?.first?.id == job.id)
        await site.close()
    }

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
