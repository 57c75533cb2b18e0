import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// Policies as an operator has them: the CLI, the controller, the bus and the agent; what the agent does by itself it does
/// without the others, and tells later.
@Suite struct PolicySystemTests {
    @Test func aHostMakesItsSnapshotsWithoutAController() async throws {
        let site = try await OneHost()
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "bare", "--no-start", "--wait")
        let job = try await site.carriesOut("nightly", "minimumFreeMiB: 0\n", by: .snapshotCreate)
        try await site.agent.program.until("the snapshot is shown") {
            try await site.vm("office")?.snapshots?.map(\.policy) == [ResourceName("nightly")]
        }
        #expect(try await site.vm("office")?.snapshots?.first?.id == job.id)
        await site.close()
    }

    @Test func aHostUpdatesAVMWithoutAController() async throws {
        let site = try await OneHost()
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "bare", "--no-start", "--wait")
        let before = try #require(try await site.vm("office"))
        try await site.importNextVersion()
        let job = try await site.carriesOut(
            "monthly", "action: update\ntemplate: tiny\nprofiles: [bare]\nstartVM: false\n", by: .vmUpdate
        ) {
            try await site.client.jobs(host: "ada").contains {
                $0.kind == "vm.update" && $0.state == .waiting && $0.reason == "window"
            }
        }
        let image = try FleetJSON.decode(UpdateArguments.self, from: job.arguments).image.digest
        try await site.agent.program.until("the new version is shown, and what was before") {
            let vm = try await site.vm("office")
            return vm?.origin?.template == image && vm?.snapshots?.map(\.policy) == [ResourceName("update")]
        }
        let vm = try #require(try await site.vm("office"))
        #expect(vm.id == before.id && before.origin?.template != image)
        #expect(vm.snapshots?.first?.id == job.id && vm.state == .shutoff)
        await site.close()
    }

    @Test func aHostRunsACommandInAGuestWithoutAController() async throws {
        let site = try await OneHost(profiles: [
            "tended": """
            guestAgentTimeoutSeconds: 150
            guestCommands:
              - {name: tend, path: /bin/sh, arguments: [-c, "echo tended | tee -a /tmp/log; echo no license >&2"]}

            """
        ])
        try await site.virtfleet("vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "tended", "--wait")
        let job = try await site.carriesOut("weekly", "action: guest\ncommand: tend\n", by: .guestExec)
        let said = GuestCommandResult(exitStatus: 0, output: "tended\n", errorOutput: "no license\n", isCut: false)
        #expect(try await site.client.job(job.id).result == .command(said))
        #expect(try await GuestShell(uri: site.libvirt.uri, name: "office").output("cat /tmp/log") == "tended\n")
        await site.close()
    }
}

extension OneHost {
    /// Applies a policy and ends the controller; the host does what the policy says when its time comes, and a controller that
    /// starts afterwards learns of it.
    /// - Parameters:
    ///   - text: the policy without its time.
    ///   - isReady: whether the host has all that the controller has to give it beside the policy.
    /// - Returns: what the host asked itself for.
    fileprivate func carriesOut(
        _ policy: String, _ text: String, by kind: JobKindName, once isReady: () async throws -> Bool = { true }
    ) async throws -> JobResource {
        // A full minute, far enough away for the controller to be gone by then.
        let next = (Date().timeIntervalSince1970 / 60 + 0.75).rounded(.up) * 60
        let start = Date(timeIntervalSince1970: next).formatted(.iso8601).prefix(16)
        let file = agent.directory.file("\(policy).yaml")
        try Data("\(text)start: \(start)\ntimeZone: UTC\n".utf8).write(to: URL(filePath: file))
        try await virtfleet("policy", "apply", file)
        #expect(try await virtfleet("policy", "show", policy).contains("On ada, by the clocks of UTC"))
        try await agent.program.until("the agent has the policy") {
            agent.program.log.contains("took desired state 1 with 1 policies")
        }
        try await agent.program.until("the host has all that it needs", isReady)
        #expect(await controller.stop() == .status(0), "\(controller.program.log)")
        let done = "\(kind.rawValue) succeeded"
        #expect(!agent.program.log.contains(done), "the time came before the controller was gone")
        try await agent.program.until("the host has done it", within: .seconds(180)) {
            agent.program.log.contains(done)
        }

        try await controller.start()
        try await agent.program.until("the controller knows of it") {
            try await client.jobs(host: "ada").contains { $0.kind == kind.rawValue && $0.state == .succeeded }
        }
        let jobs = try await client.jobs(host: "ada").filter { $0.kind == kind.rawValue }
        #expect(jobs.map(\.policy) == [ResourceName(policy)])
        return try #require(jobs.first)
    }
}
