import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// libvirtd dies under the agent and its guests.
@Suite struct LibvirtRestartSystemTests {
    @Test func everythingGoesOnWhenLibvirtdComesBack() async throws {
        let site = try await OneHost()
        for name in ["steady", "doomed"] {
            try await site.virtfleet("vm", "clone", "tiny:1", name, "--host", "ada", "--profile", "bare", "--wait")
        }
        let steady = try #require(try await site.vm("steady"))
        for round in 1...2 {
            try await site.libvirt.kill()
            try await site.agent.program.until("the agent has noticed") {
                try await site.connections().last == "disconnected"
            }
            #expect(try await site.client.vms().count == 2, "unreachable is not gone")
            if round == 1 {
                let kill = try site.libvirt.inside(["/bin/sh", "-c", "kill -9 $(cat /run/libvirt/qemu/doomed.pid)"])
                #expect(await kill.wait() == .status(0))
            }
            try await site.libvirt.start()
            let resumed = Date()
            try await site.agent.program.until("VMs and metrics are back") {
                let metrics = try await site.client.metrics(of: "ada")
                let states = try await (site.vm("steady")?.state, site.vm("doomed")?.state)
                return states == (.running, .shutoff) && metrics.receivedAt > resumed
                    && metrics.batch.vms[steady.id]?["virtfleet_vm_cpu_seconds_total"] != nil
            }
            #expect(try await site.connections().last == "connected")
        }
        let events = try await site.vmEvents()
        #expect(
            events.filter { $0.name == "doomed" && $0.event == "stopped" }.map(\.synthesised) == [true], "\(events)")
        #expect(events.filter { $0.name == "steady" }.map(\.event) == ["defined", "resumed", "started"], "\(events)")
        try await site.virtfleet("vm", "start", "doomed", "--wait")
        await site.close()
    }

    /// The agent stands still in the middle of a job while libvirtd is killed, and lives on with a connection that is gone.
    @Test func jobsGoOnWhenLibvirtdIsKilledInTheMiddleOfThem() async throws {
        let host = try await HostWithGuest(profile: "data")
        let (agent, guest) = (host.agent, host.guest)
        let next = try await agent.version(2222)

        func run(
            _ number: Int, _ kind: JobKindName, _ arguments: some Encodable, losingLibvirtdAt moment: String,
            expecting system: Int, data: Int
        ) async throws {
            try agent.ask(number, kind, arguments)
            try await agent.finish(stoppingAt: moment) {
                try await host.libvirt.kill()
                try await host.libvirt.start()
            }
            let report = try #require(agent.reports.last)
            #expect(report.state == .succeeded, "\(kind) \(moment): \(report.message ?? "")")
            try await guest.untilItAnswers()
            #expect(try await guest.read() == system, "\(kind) \(moment)")
            #expect(try await guest.read(isData: true) == data, "\(kind) \(moment)")
        }

        for (index, moment) in [
            "quiesce:after-effect", "disks:after-intent", "disks:after-effect", "resume:after-intent",
        ]
        .enumerated() {
            let number = 10 + index
            try await guest.write(number)
            try await guest.write(number, isData: true)
            try await run(
                number, .snapshotCreate, host.snapshot(number), losingLibvirtdAt: moment, expecting: number,
                data: number)
        }
        try await guest.write(99)
        for (index, moment) in ["merge sda:after-intent", "merge sdb:after-intent"].enumerated() {
            try await run(
                20 + index, .snapshotDelete, host.deletion(of: 10 + index), losingLibvirtdAt: moment, expecting: 99,
                data: 13)
        }
        try await run(
            30, .snapshotRevert, host.revert(to: 12), losingLibvirtdAt: "definition:after-intent", expecting: 12,
            data: 12)
        let update = UpdateArguments(
            vm: host.vm, image: next, snapshot: ResourceName("before")!, guestAgentTimeoutSeconds: 150)
        try await run(31, .vmUpdate, update, losingLibvirtdAt: "definition:after-intent", expecting: 2222, data: 12)
        await host.libvirt.stop()
    }
}

extension OneHost {
    /// What the agent said about its connection to libvirt, oldest first.
    func connections() async throws -> [String] {
        try await client.events(host: "ada", type: .hypervisorConnection).reversed().compactMap {
            guard case .string(let what) = $0.body["what"] else { return nil }
            return what
        }
    }
}
