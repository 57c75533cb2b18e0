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
