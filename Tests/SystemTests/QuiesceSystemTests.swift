import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Hypervisor
import Testing

/// What the label of a snapshot says, of real guests: one whose file system was at rest, one whose agent is gone, and one
/// whose agent does not answer.
@Suite struct QuiesceSystemTests {
    @Test func theLabelSaysWhatTheGuestDid() async throws {
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let agent = try CrashingAgentUnderTest(job: 1, profile: "data", on: libvirt)
        try await agent.finish()
        let vm = try #require(agent.reports.last?.vm)
        let guest = GuestShell(uri: libvirt.uri, name: vm.description)
        try await guest.untilItAnswers()
        let hypervisor = try LibvirtHypervisor(
            uri: libvirt.uri, tpmStates: libvirt.tpmStates,
            logger: Logger(label: "test", level: .error, sink: { _, _ in }))
        _ = await hypervisor.events.next()

        #expect(try await label(2, of: vm, agent) == .crash, "no file system is mounted from a disk")
        try await guest.mountDataDisk()
        _ = try await guest.output("echo 1 >/data/number")
        #expect(try await label(3, of: vm, agent) == .app)
        // It has been thawed.
        _ = try await guest.output("echo 2 >/data/number; sync")
        #expect(try await guest.output("cat /data/number") == "2\n")

        try await guest.start("sleep 1; kill -STOP $(pidof qemu-ga)")
        #expect(try await eventually { try await !hypervisor.guestAgentAnswers(vm, within: .seconds(2)) })
        #expect(try await hypervisor.domain(vm).guestAgent == true)
        #expect(try await label(4, of: vm, agent) == .quiesceTimeout)
        #expect(try await hypervisor.domain(vm).state == .running)

        try await hypervisor.reset(vm)
        try await guest.untilItAnswers()
        try await guest.start("sleep 1; mv /usr/sbin/qemu-ga /tmp; kill $(pidof qemu-ga)")
        #expect(try await eventually { try await hypervisor.domain(vm).guestAgent == false })
        #expect(try await label(5, of: vm, agent) == .crash)
        #expect(try await hypervisor.domain(vm).state == .running)

        // What was at rest is there, in a file system that needs no repair.
        try agent.ask(
            6, .snapshotRevert,
            SnapshotRevertArguments(vm: vm, snapshot: CrashingAgentUnderTest.jobID(3), start: true))
        try await agent.finish()
        try await guest.untilItAnswers()
        try await guest.mountDataDisk(isNew: false)
        #expect(try await guest.output("cat /data/number") == "1\n")
        await hypervisor.close()
        await libvirt.stop()
    }

    private func label(
        _ number: Int, of vm: VMID, _ agent: CrashingAgentUnderTest
    ) async throws -> VMSnapshot.Consistency? {
        try agent.ask(number, .snapshotCreate, SnapshotCreateArguments(vm: vm, name: ResourceName("s\(number)")!))
        try await agent.finish()
        #expect(agent.reports.last?.state == .succeeded, "\(agent.reports.last?.message ?? "")")
        return try agent.consistency(of: number, ofCloneBy: 1)
    }
}
