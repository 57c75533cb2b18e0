import FleetModel
import FleetTestSupport
import Testing

/// All of a host ends at once in the middle of a job, as when its battery is empty: agent, libvirtd, guest and TPM. What the
/// kernel had not written yet is not lost here, as it would be; what must be on the disk is synced before it counts.
@Suite struct HostRebootSystemTests {
    @Test func aHostThatDiesInTheMiddleOfAJobLosesNothing() async throws {
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let agent = try CrashingAgentUnderTest(job: 1, on: libvirt)
        try await agent.finish()
        let vm = try #require(agent.reports.last?.vm)
        let guest = GuestShell(uri: libvirt.uri, name: vm.description)
        try await guest.untilItAnswers()

        var number = 10
        func die(at moment: String, _ kind: JobKindName, _ arguments: some Encodable) async throws {
            try agent.ask(number, kind, arguments)
            #expect(try await agent.crash(at: moment), "\(moment) was not reached")
            try await libvirt.reboot()
            try await agent.finish()
            let report = try #require(agent.reports.last)
            #expect([.succeeded, .rolledBack, .failed].contains(report.state), "\(moment): \(report)")
            number += 1
            if kind != .snapshotRevert || report.state != .succeeded {
                try agent.ask(number, .vmStart, VMArguments(vm: vm))
                try await agent.finish()
                #expect(agent.reports.last?.state == .succeeded, "\(moment): \(agent.reports.last?.message ?? "")")
                number += 1
            }
            try await guest.untilItAnswers()
        }

        for (job, name) in [(2, "early"), (3, "kept")] {
            try await guest.write(job)
            try agent.ask(job, .snapshotCreate, SnapshotCreateArguments(vm: vm, name: ResourceName(name)!))
            try await agent.finish()
        }
        for moment in ["quiesce:after-effect", "state:after-effect", "disks:after-effect", "manifest:after-intent"] {
            let written = number
            try await guest.write(written)
            try await die(
                at: moment, .snapshotCreate, SnapshotCreateArguments(vm: vm, name: ResourceName("s\(written)")!))
            #expect(try await guest.read() == written, "\(moment)")
        }
        try await guest.write(5)
        try await die(
            at: "merge sda:after-intent", .snapshotDelete,
            SnapshotArguments(vm: vm, snapshot: CrashingAgentUnderTest.jobID(2)))
        #expect(try await guest.read() == 5)
        for moment in ["power off:after-effect", "definition:after-effect"] {
            try await die(
                at: moment, .snapshotRevert,
                SnapshotRevertArguments(vm: vm, snapshot: CrashingAgentUnderTest.jobID(3), start: true))
            #expect(try await guest.read() == 3, "\(moment)")
        }
        await libvirt.stop()
    }
}
