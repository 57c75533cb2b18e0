import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Testing

/// An operator's day with real programs only: controller, broker, agent, libvirt, a guest that boots.
@Suite struct MainJobSystemTests {
    @Test func aTemplateBecomesARunningVMThatTheOperatorSeesAndEnds() async throws {
        let site = try await OneHost(profiles: [
            "greeting": """
            guestAgentTimeoutSeconds: 150
            guestCommands:
              - {name: greet, path: /bin/sh, arguments: [-c, 'echo "hello $0"'], takesArguments: true}
            guestChecks: [greet]

            """
        ])
        try await site.virtfleet("host", "label", "ada", "site=berlin")
        #expect(try await site.virtfleet("host", "list", "-o", "csv").contains("ada,online,"))
        #expect(try await site.virtfleet("host", "show", "ada").contains("site=berlin"))
        #expect(try await site.virtfleet("template", "list", "-o", "name") == "tiny:1\n")

        try await site.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "greeting",
            "--wait")
        let vm = try #require(try await site.vm("office"))
        #expect(vm.state == .running)
        #expect(vm.origin?.profile == "greeting")
        try await site.agent.program.until("the controller knows that the guest agent answers and what the VM uses") {
            let batch = try await site.client.metrics(of: "ada").batch
            return try await site.vm("office")?.guestAgent == true
                && batch.vms[vm.id]?["virtfleet_vm_cpu_seconds_total"] ?? 0 > 0
        }
        #expect(try await site.virtfleet("vm", "show", "office").contains("virtfleet_vm_cpu_seconds_total"))
        #expect(try await site.virtfleet("vm", "list", "-o", "csv").contains("office,"))
        let picture = try await site.virtfleet("vm", "plan", "--host", "ada")
        #expect(picture.contains(/office +\d+ vCPUs/) && picture.contains("kept for the host"), "\(picture)")
        let directory = try TemporaryDirectory()
        for (name, text, why) in [
            ("large", "memoryMiB: 16000000", "of memory"),
            ("lab", "networks: [\"network:nowhere\"]", "libvirt's network nowhere, which is not active here"),
        ] {
            try Data("\(text)\n".utf8).write(to: URL(filePath: directory.file("\(name).yaml")))
            try await site.virtfleet("profile", "apply", directory.file("\(name).yaml"))
            let fits = try await site.virtfleet("profile", "fit", name, "-o", "json")
            #expect(fits.contains("does-not-fit") && fits.contains(why), "\(fits)")
        }

        #expect(try await site.virtfleet("vm", "exec", "office", "-o", "name") == "greet\n")
        let said = try await site.virtfleet("vm", "exec", "office", "greet", "ada", "--wait")
        #expect(said.contains("1:  hello ada") && said.contains("Ended with:  0"), "\(said)")

        try await site.virtfleet("vm", "stop", "office", "--wait")
        // A VM's document travels beside the job's report.
        try await site.agent.program.until("it is off") { try await site.vm("office")?.state == .shutoff }
        try await site.virtfleet("vm", "rename", "office", "lab", "--wait")
        try await site.agent.program.until("it has its new name") { try await site.vm("lab")?.id == vm.id }
        try await site.virtfleet("vm", "start", "lab", "--wait")
        try await site.agent.program.until("it runs") { try await site.vm("lab")?.state == .running }
        try await site.virtfleet("vm", "stop", "lab", "--force", "--wait")
        try await site.virtfleet("vm", "delete", "lab", "--yes", "--wait")
        try await site.agent.program.until("it is gone") { try await site.client.vms().isEmpty }
        let disks = site.agent.statePath + "/images/vms"
        #expect(try FileManager.default.contentsOfDirectory(atPath: disks).isEmpty)

        let events = try await site.vmEvents().map(\.event)
        #expect(events.filter { $0 == "started" }.count == 2, "\(events)")
        #expect(events.filter { $0 == "stopped" }.count == 2, "\(events)")
        #expect(events.last == "undefined", "\(events)")
        #expect(try await site.virtfleet("event", "list").contains("office"))
        let jobs = try await site.client.jobs().reversed()
        #expect(
            jobs.map(\.kind) == [
                "vm.clone", "guest.exec", "vm.stop", "vm.rename", "vm.start", "vm.stop", "vm.delete",
            ])
        #expect(jobs.allSatisfy { $0.state == .succeeded })
        for job in jobs { #expect(try await site.reports(of: job.id).filter { $0 == .succeeded }.count == 1) }
        await site.close()
    }

    @Test func anAbsentHostShowsItsLastStateAndFindsItsWorkWhenItReturns() async throws {
        let site = try await OneHost()
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "kept", "--host", "ada", "--no-start", "--profile", "bare", "--wait")
        #expect(await site.agent.stop() == .status(0))
        try await site.controller.program.until("the host is offline") {
            try await site.client.host("ada").state == .offline
        }
        #expect(try await site.virtfleet("host", "show", "ada").contains("offline, seen "))
        #expect(try await site.virtfleet("vm", "list", "-o", "name").contains("kept"))

        func requestOffered(_ name: String) async throws -> JobID {
            let job = try await site.requestClone(name, start: false)
            try await site.controller.program.until("the job is offered") {
                try await site.client.job(job).state == .offered
            }
            return job
        }
        let regretted = try await requestOffered("regretted")
        try await site.virtfleet("job", "cancel", regretted.description)
        #expect(try await site.client.job(regretted).state == .withdrawing)
        // The set that offers this one no longer has the other.
        let wanted = try await requestOffered("wanted")
        #expect(try await site.virtfleet("job", "list", "-o", "csv").contains("\(wanted)"))
        try await site.agent.start()
        #expect(try await site.client.waitForJob(wanted).state == .succeeded)
        #expect([.withdrawn, .cancelled].contains(try await site.client.waitForJob(regretted).state))
        #expect(try await site.virtfleet("job", "show", wanted.description).contains("succeeded"))
        #expect(try await site.vm("regretted") == nil)
        #expect(try await site.vm("wanted") != nil)

        // A removed host is out: the broker does not let its agent in again.
        try await site.virtfleet("host", "remove", "ada", "--yes")
        #expect(try await site.virtfleet("host", "list", "-o", "name") == "")
        try await site.agent.program.until("the agent is turned away") {
            site.agent.program.log.contains("disconnected from the broker")
        }
        await site.close()
    }

    /// The agent that is shipped, killed whenever it happens to be at a clone.
    @Test func aCloneSurvivesItsAgentsRandomDeaths() async throws {
        let site = try await OneHost()
        let seed = UInt64.random(in: 0 ... .max)
        print("seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for round in 1...6 {
            let job = try await site.requestClone("vm-\(round)")
            for _ in 0..<3 {
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...700, using: &random)))
                await site.agent.kill()
                try site.agent.program.start()
            }
            try await site.agent.program.until("job \(job) is over") {
                try await site.client.job(job).state.isTerminal
            }
            #expect(try await site.client.job(job).state == .succeeded)
            #expect(try await site.reports(of: job).filter(\.isTerminal) == [.succeeded])
            try await site.virtfleet("vm", "stop", "vm-\(round)", "--force", "--wait")
        }
        let names = try await site.client.vms().map(\.vm.name).sorted()
        #expect(names == (1...6).map { "vm-\($0)" })
        let disks = site.agent.statePath + "/images/vms"
        #expect(try FileManager.default.contentsOfDirectory(atPath: disks).count == 6)
        await site.close()
    }
}
