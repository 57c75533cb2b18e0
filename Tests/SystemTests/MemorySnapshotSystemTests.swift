import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Hypervisor
import Testing

/// A real guest goes on where its memory was kept: what it had in RAM alone is there again, and it did not boot. The agent
/// is killed with SIGKILL around what libvirt does with memory.
@Suite struct MemorySnapshotSystemTests {
    @Test func theGuestGoesOnWhereItWasWhateverIsKilled() async throws {
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let agent = try CrashingAgentUnderTest(job: 1, on: libvirt)
        try await agent.finish()
        let vm = try #require(agent.reports.last?.vm)
        let guest = GuestShell(uri: libvirt.uri, name: vm.description)
        try await guest.untilItAnswers()
        let hypervisor = try LibvirtHypervisor(
            uri: libvirt.uri, tpmStates: libvirt.tpmStates,
            logger: Logger(label: "test", level: .error, sink: { _, _ in }))
        _ = await hypervisor.events.next()

        // The kernel makes it up when it is read for the first time.
        let started = try await guest.output("cat /proc/sys/kernel/random/boot_id")
        var number = 10
        for moment in ["disks:after-intent", "disks:after-effect", "manifest:after-intent"] {
            try await guest.write(number)
            _ = try await guest.output("echo \(number) >/run/number")
            try agent.ask(
                number, .snapshotCreate,
                SnapshotCreateArguments(vm: vm, name: ResourceName("s\(number)")!, memory: true))
            #expect(try await agent.crash(at: moment), "\(moment) was not reached")
            try await agent.finish()
            #expect(agent.reports.last?.state == .succeeded, "\(moment): \(agent.reports.last?.message ?? "")")
            #expect(try await guest.read() == number, "\(moment)")
            number += 1
        }
        _ = try await guest.output("echo 99 >/run/number")
        try await guest.write(99)

        var genID = try await hypervisor.domain(vm).genID
        for (index, moment) in ["power off:after-effect", "memory:after-intent", "memory:after-effect"].enumerated() {
            try agent.ask(
                20 + index, .snapshotRevert,
                SnapshotRevertArguments(vm: vm, snapshot: CrashingAgentUnderTest.jobID(10 + index), start: true))
            #expect(try await agent.crash(at: moment), "\(moment) was not reached")
            try await agent.finish()
            #expect(agent.reports.last?.state == .succeeded, "\(moment): \(agent.reports.last?.message ?? "")")
            try await guest.untilItAnswers()
            #expect(try await guest.output("cat /run/number") == "\(10 + index)\n", "\(moment)")
            #expect(try await guest.output("cat /proc/sys/kernel/random/boot_id") == started, "\(moment)")
            #expect(try await guest.read() == 10 + index, "\(moment)")
            // It writes, to a layer of its own.
            try await guest.write(98)
            #expect(try await guest.read() == 98, "\(moment)")
            let now = try await hypervisor.domain(vm).genID
            #expect(now != genID)
            genID = now
        }

        try agent.ask(
            30, .snapshotRevert,
            SnapshotRevertArguments(
                vm: vm, snapshot: CrashingAgentUnderTest.jobID(11), start: true, memory: false))
        try await agent.finish()
        try await guest.untilItAnswers()
        #expect(try await guest.read() == 11)
        #expect(try await guest.output("cat /proc/sys/kernel/random/boot_id") != started)
        await hypervisor.close()
        await libvirt.stop()
    }
}
