import FleetModel
import FleetTestSupport
import Hypervisor
import Testing

/// What the label of a snapshot says, of real guests: one whose file system was at rest, one whose agent is gone, and one
/// whose agent does not answer.
@Suite struct QuiesceSystemTests {
    @Test func theLabelSaysWhatTheGuestDid() async throws {
        let host = try await HostWithGuest(profile: "data")
        let (vm, guest) = (host.vm, host.guest)
        let hypervisor = try await host.hypervisor()

        #expect(try await label(2, host) == .crash, "no file system is mounted from a disk")
        try await guest.mountDataDisk()
        _ = try await guest.output("echo 1 >/data/number")
        #expect(try await label(3, host) == .app)
        // It has been thawed.
        _ = try await guest.output("echo 2 >/data/number; sync")
        #expect(try await guest.output("cat /data/number") == "2\n")

        try await guest.start("sleep 1; kill -STOP $(pidof qemu-ga)")
        #expect(try await eventually { try await !hypervisor.guestAgentAnswers(vm, within: .seconds(2)) })
        #expect(try await hypervisor.domain(vm).guestAgent == true)
        #expect(try await label(4, host) == .quiesceTimeout)
        #expect(try await hypervisor.domain(vm).state == .running)

        try await hypervisor.reset(vm)
        try await guest.untilItAnswers()
        try await guest.start("sleep 1; mv /usr/sbin/qemu-ga /tmp; kill $(pidof qemu-ga)")
        #expect(try await eventually { try await hypervisor.domain(vm).guestAgent == false })
        #expect(try await label(5, host) == .crash)
        #expect(try await hypervisor.domain(vm).state == .running)

        // What was at rest is there, in a file system that needs no repair.
        try await host.agent.succeed(6, .snapshotRevert, host.revert(to: 3))
        try await guest.untilItAnswers()
        try await guest.mountDataDisk(isNew: false)
        #expect(try await guest.output("cat /data/number") == "1\n")
        await hypervisor.close()
        await host.libvirt.stop()
    }

    private func label(_ number: Int, _ host: HostWithGuest) async throws -> VMSnapshot.Consistency? {
        try await host.agent.succeed(number, .snapshotCreate, host.snapshot(number))
        return try host.agent.consistency(of: number, ofCloneBy: 1)
    }
}
