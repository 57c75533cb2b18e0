import FleetModel
import FleetTestSupport
import Foundation
import Subprocess
import Testing

/// Disks that are older than they should be, and a broker that has forgotten everything.
@Suite struct HealingSystemTests {
    @Test func anAgentsDiskThatWasRolledBackLosesAndRepeatsNothing() async throws {
        let controller = try await ControllerUnderTest()
        let source = try await EventSourceUnderTest("source", of: controller)
        try await source.records(20)
        await source.program.kill()
        try source.copyDisk()
        try source.program.start()
        try await source.records(60)
        try source.stopRecording()
        try await source.drain()
        await source.program.kill()

        try source.rollBackDisk()
        try source.goOnRecording()
        try source.program.start()
        try await source.records(80)
        try source.stopRecording()
        try await source.drain()
        #expect(try source.recorded.count == 3, "each life is an epoch")
        try await source.expectExactlyOnce()
        await source.program.stop()
        await controller.stop()
    }

    @Test func aControllerRestoredFromABackupGetsEverythingAgainAndRepeatsNoJob() async throws {
        let site = try await OneHost()
        let source = try await EventSourceUnderTest("source", of: site.controller)
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "before", "--host", "ada", "--profile", "bare", "--no-start", "--wait")
        await site.agent.stop()
        let job = try await site.requestClone("during", start: false)
        try await site.controller.program.until("the job is offered") {
            try await site.client.job(job).state == .offered
        }
        try await source.records(40)
        let backup = site.controller.directory.file("backup")
        #expect(try await site.controller.administer("backup", backup).status == 0)

        try await site.agent.start()
        #expect(try await site.client.waitForJob(job).state == .succeeded)
        try await source.records(120)
        try source.stopRecording()
        try await source.drain()
        let known = try await site.client.events(host: "ada").count

        #expect(await site.controller.stop() == .status(0))
        let restored = try await site.controller.administer("restore", backup)
        #expect(restored.status == 0, "\(restored.errorText)")
        try await site.controller.start()
        try await source.drain()
        try await source.expectExactlyOnce()
        try await site.agent.program.until("the restored controller knows how the job ended") {
            try await site.client.job(job).state == .succeeded
        }
        let reports = try await site.reports(of: job)
        #expect(reports.filter { $0 == .accepted || $0.isTerminal } == [.accepted, .succeeded], "\(reports)")
        #expect(try await site.client.events(host: "ada").count >= known)
        #expect(try await site.client.vms().map(\.vm.name).sorted() == ["before", "during"])
        let disks = site.agent.statePath + "/images/vms"
        #expect(try FileManager.default.contentsOfDirectory(atPath: disks).count == 2)
        // The revisions go on above what the host has seen.
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "after", "--host", "ada", "--profile", "bare", "--no-start", "--wait")
        await source.program.stop()
        await site.close()
    }

    @Test func aBrokerThatLostItsDataGetsItBack() async throws {
        let broker = try await MosquittoBroker(.init(passwords: ["controller": "secret"]))
        let controller = try await ControllerUnderTest(broker: .init(port: broker.port, password: "secret"))
        let registration = try await controller.register("ada")
        try await broker.add(registration.host.id.description, password: registration.password)
        let agent = try AgentUnderTest(registration, of: controller, libvirt: "test:///default")
        try await agent.start()
        try await agent.program.until("its VM is known") { try await !controller.client.vms().isEmpty }
        let vm = try await controller.client.vms()[0].vm.id
        func runJob() async throws {
            let job = try await controller.client.requestJob(
                JobRequest(host: "ada", kind: "vm.start", arguments: .object(["vm": .string(vm.description)])))
            #expect(try await controller.client.waitForJob(job.id).state == .succeeded)
        }
        try await runJob()
        let host = registration.host.id
        let expected = Set(
            ([.presence(host), .vm(host, vm), .ack(host), .jobs(host), .controller] as [Topic]
                + [.cpu, .memory, .storage, .software].map { .inventory(host, $0) })
                .map { $0.name(in: FleetName("test")!) })
        func untilEverythingIsRetained() async throws {
            var missing = expected
            let complete = try await eventually {
                missing = try await expected.subtracting(broker.retainedTopics())
                return missing.isEmpty
            }
            #expect(complete, "missing: \(missing.sorted())")
        }
        try await untilEverythingIsRetained()
        for _ in 0..<2 {
            await broker.kill()
            try? broker.wipe()
            try await broker.restart()
            // Job sets and acknowledgements come back with the next thing to do; the host has the newest of both.
            try await runJob()
            try await untilEverythingIsRetained()
        }
        #expect(await agent.stop() == .status(0))
        #expect(await controller.stop() == .status(0))
    }
}

extension HostRegistration {
    /// On the bus.
    var password: String {
        agentConfiguration.firstMatch(of: /password: '(.+)'/).map { String($0.output.1) } ?? ""
    }
}
