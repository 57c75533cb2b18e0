import FleetModel
import FleetTestSupport
import Testing

/// All of a host ends at once in the middle of a job, as when its battery is empty: agent, libvirtd, guest and TPM. What the
/// kernel had not written yet is not lost here, as it would be; what must be on the disk is synced before it counts.
@Suite struct HostRebootSystemTests {
    @Test func aHostThatDiesInTheMiddleOfAJobLosesNothing() async throws {
        let host = try await HostWithGuest()
        let (agent, guest) = (host.agent, host.guest)

        var number = 10
        func die(at moment: String, _ kind: JobKindName, _ arguments: some Encodable) async throws {
            try agent.ask(number, kind, arguments)
            #expect(try await agent.crash(at: moment), "\(moment) was not reached")
            try await host.libvirt.reboot()
            try await agent.finish()
            let report = try #require(agent.reports.last)
            #expect([.succeeded, .rolledBack, .failed].contains(report.state), "\(moment): \(report)")
            number += 1
            if kind != .snapshotRevert || report.state != .succeeded {
                try await agent.succeed(number, .vmStart, VMArguments(vm: host.vm))
                number += 1
            }
            try await guest.untilItAnswers()
        }

        for job in [2, 3] {
            try await guest.write(job)
            try await agent.succeed(job, .snapshotCreate, host.snapshot(job))
        }
        for moment in ["quiesce:after-effect", "state:after-effect", "disks:after-effect", "manifest:after-intent"] {
            let written = number
            try await guest.write(written)
            try await die(at: moment, .snapshotCreate, host.snapshot(written))
            #expect(try await guest.read() == written, "\(moment)")
        }
        try await guest.write(5)
        try await die(at: "merge sda:after-intent", .snapshotDelete, host.deletion(of: 2))
        #expect(try await guest.read() == 5)
        for moment in ["power off:after-effect", "definition:after-effect"] {
            try await die(at: moment, .snapshotRevert, host.revert(to: 3))
            #expect(try await guest.read() == 3, "\(moment)")
        }
        await host.libvirt.stop()
    }
}
