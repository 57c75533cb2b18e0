import FleetModel
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// A disk without room under a running program: it says so, goes on when there is room, and nothing recorded is lost.
@Suite struct FullDiskTests {
    private struct Deployment {
        let controller: ControllerUnderTest
        let libvirt: PrivateLibvirt
        let agent: AgentUnderTest
        let noise: VMNoise

        init(controllerState: String? = nil, agentState: String? = nil) async throws {
            controller = try await ControllerUnderTest(statePath: controllerState)
            libvirt = try PrivateLibvirt()
            try await libvirt.start()
            agent = try await AgentUnderTest("ada", of: controller, libvirt: libvirt.uri, statePath: agentState)
            try await agent.start()
            noise = try VMNoise(libvirt)
        }

        func events() async throws -> [EventResource] { try await controller.client.events().reversed() }

        func lifecycleEvents() async throws -> Int {
            try await controller.client.events(type: .vmLifecycle).count
        }

        func stop() async {
            await agent.stop()
            await controller.stop()
            await libvirt.stop()
        }
    }

    @Test func theControllerTakesEverythingOnceThereIsRoomAgain() async throws {
        let disk = try SmallFileSystem(bytes: 24 << 20)
        let deployment = try await Deployment(controllerState: disk.file("state"))
        let controller = deployment.controller
        try await deployment.noise.defineAndUndefine(5)
        try await controller.program.until("the first events are there") {
            try await deployment.lifecycleEvents() == 10
        }

        try disk.fill()
        // Far more than SQLite can still write over what it has.
        var rounds = 0
        try await controller.program.until("it is not ready, and says why") {
            try await deployment.noise.defineAndUndefine(25)
            rounds += 1
            let ready = try await readiness(controller)
            return ready.hasPrefix("503") && ready.contains("disk is full")
        }
        // The command line still shows what is known.
        #expect(try await controller.virtfleet("host", "list").text.contains("ada"))
        let refused = try await controller.virtfleet("host", "add", "ben")
        #expect(refused.status == 1)
        #expect(refused.errorText.contains("full"), "\(refused.errorText)")

        try disk.drain()
        try await controller.program.until("everything is there") {
            try await deployment.lifecycleEvents() == 10 + 50 * rounds
        }
        #expect(try await readiness(controller).hasPrefix("200"))
        expectUnbroken(try await deployment.events())
        await deployment.stop()
    }

    @Test func theAgentSendsWhatItRecordedAndSaysWhatItCouldNot() async throws {
        let disk = try SmallFileSystem(bytes: 24 << 20)
        let deployment = try await Deployment(agentState: disk.file("state"))
        // Nothing is acknowledged meanwhile, so all must stay on the disk.
        await deployment.controller.kill()
        try disk.fill()
        var rounds = 0
        try await deployment.agent.program.until("it says that the disk is full") {
            try await deployment.noise.defineAndUndefine(100)
            rounds += 1
            return deployment.agent.program.log.contains("no room in \(disk.file("state"))")
        }
        try disk.drain()
        try await deployment.controller.start()
        try await deployment.noise.define("last")
        try await deployment.agent.program.until("the last event has arrived", within: .seconds(180)) {
            try await deployment.controller.client.events(type: .vmLifecycle, limit: 1).first?.body["name"]
                == .string("last")
        }
        expectUnbroken(try await deployment.events())
        // What there was no room for is counted, and nothing else is missing.
        let arrived = try await deployment.lifecycleEvents()
        try await deployment.agent.program.until("its metrics tell what it could not record") {
            let batch = try await deployment.controller.client.metrics(of: "ada").batch
            return batch.host["virtfleet_agent_spool_refused_total"] == Double(200 * rounds + 1 - arrived)
        }
        await deployment.stop()
    }

    /// Of each epoch every number is there once, alone or as part of a run that the agent itself says it dropped.
    private func expectUnbroken(_ events: [EventResource]) {
        for (epoch, records) in Dictionary(grouping: events, by: \.epoch) {
            var last: UInt64 = 0
            for record in records {
                var from = record.seq
                if record.type == .streamDropped, case .integer(let count)? = record.body["count"] {
                    from = record.seq + 1 - UInt64(count)
                }
                #expect(from == last + 1, "\(epoch) \(record.seq) follows \(last)")
                last = record.seq
            }
        }
    }

    private func readiness(_ controller: ControllerUnderTest) async throws -> String {
        try await Subprocess.run(
            "curl",
            [
                "--silent", "--unix-socket", controller.directory.file("controller.sock"), "--output",
                controller.directory.file("ready"), "--write-out", "%{http_code} ", "http://localhost/readyz",
            ]
        ).text + String(contentsOfFile: controller.directory.file("ready"), encoding: .utf8)
    }
}
