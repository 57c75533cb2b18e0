import FakeLogin
import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// What is judged on the host and what the person there may do: the CLI, the controller, the bus and the agent's two programs,
/// with a logind and a NetworkManager that the test plays on a dbus-daemon.
@Suite struct ConditionSystemTests {
    @Test func anAnnouncedJobIsPutOffByThePersonAtTheHostAndBeginsAllTheSame() async throws {
        let site = try await OneHost()
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "bare", "--no-start", "--wait")
        #expect(try await site.agent.command("jobs", "--output", "json") == "[]\n")
        try await site.virtfleet("vm", "start", "office", "--host", "ada", "--notice", "1m", "--deferrals", "1")
        let id = try #require(try await site.client.queue(of: "ada").first?.id)
        try await site.agent.program.until("it is announced") { try await site.client.job(id).reason == "user" }
        #expect(
            try await site.client.job(id).message?.contains(
                "'virtfleet-agent defer \(id)' on the host puts it off, once") == true)
        #expect(try await site.agent.command("jobs").contains("\(id)  vm.start  waiting"))

        #expect(try await site.agent.command("defer", "--for", "1m").contains("it cannot be put off any more"))
        try await site.agent.program.until("the fleet knows who has put it off") {
            try await !site.client.events(host: "ada", type: .jobDeferred).isEmpty
        }
        let event = try #require(try await site.client.events(host: "ada", type: .jobDeferred).first)
        let deferral = try FleetJSON.decode(JobDeferral.self, from: event.body)
        #expect(deferral.job == id && deferral.by == LocalUser(uid: 0, name: "root") && deferral.left == 0)
        #expect(try await site.client.job(id).message?.hasPrefix("it was put off and begins at") == true)

        await site.agent.kill()
        try await site.agent.start()
        try await site.agent.program.until("it begins", within: .seconds(180)) {
            try await site.vm("office")?.state == .running
        }
        #expect(Date() >= deferral.until)
        try await site.agent.program.until("that is known") { try await site.client.job(id).state == .succeeded }
        #expect(try await site.agent.command("jobs", "--output", "json") == "[]\n")
        await site.close()
        #expect(!FileManager.default.fileExists(atPath: site.agent.directory.file("agent.sock")))
    }

    @Test func aJobWaitsForAnUnmeteredNetworkAndForQuiet() async throws {
        let bus = try await PrivateMessageBus()
        let login = try FakeLogin(on: bus.address)
        let network = try FakeNetworkManager(on: bus.address, metered: 3)
        login.setInhibitors([FakeLogin.Inhibitor("idle", by: "meeting")])
        let site = try await OneHost(environment: ["DBUS_SYSTEM_BUS_ADDRESS": bus.address])
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "bare", "--no-start", "--require",
            "network",
            "--require", "user")
        let id = try #require(try await site.client.queue(of: "ada").first?.id)
        try await site.agent.program.until("it waits for the network") {
            try await site.client.job(id).message == "the connection to the network is metered"
        }
        // Nothing has been fetched.
        #expect(try site.images.filter { $0.count == 64 } == [])
        network.setMetered(4)
        try await site.agent.program.until("it waits for quiet", within: .seconds(60)) {
            try await site.client.job(id).message == "programs ask that nobody be disturbed: meeting"
        }
        login.setInhibitors([])
        try await site.agent.program.until("it is done", within: .seconds(60)) {
            try await site.client.job(id).state == .succeeded
        }
        #expect(try site.images.filter { $0.count == 64 }.count == 1)
        await site.close()
        await login.stop()
        await network.stop()
    }
}
