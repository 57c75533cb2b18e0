import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// What makes a machine this one lies in its UEFI variables and its TPM. libvirt makes both anew, without a word, where they are gone.
@Suite struct MachineStateSystemTests {
    @Test func aMachineThatHasLostItsStateStaysOffUntilASnapshotBringsItBack() async throws {
        let host = try await HostWithGuest()
        let agent = host.agent
        try await host.guest.write(1)
        try await agent.succeed(2, .snapshotCreate, host.snapshot(2))
        try await agent.succeed(3, .vmStop, StopArguments(vm: host.vm, force: true))
        let kept = try host.state(in: 2)
        var number = 10
        for lost in [agent.path(of: "variables.fd", ofCloneBy: 1), "\(host.libvirt.tpmStates)/\(host.vm)"] {
            try FileManager.default.removeItem(atPath: lost)
            let refused = try await agent.run(number, .vmStart, VMArguments(vm: host.vm))
            #expect(refused.state == .rejected && refused.reason == "state-missing", "\(refused)")
            #expect(refused.message?.contains(lost) == true, "\(refused)")
            #expect(!FileManager.default.fileExists(atPath: lost), "nobody has made it anew")
            try await agent.succeed(number + 1, .snapshotRevert, host.revert(to: 2, start: false))
            #expect(try host.state() == kept, "\(lost)")
            number += 2
        }
        try await agent.succeed(number, .vmStart, VMArguments(vm: host.vm))
        try await host.guest.untilItAnswers()
        #expect(try await host.guest.read() == 1)
        await host.libvirt.stop()
    }
}
