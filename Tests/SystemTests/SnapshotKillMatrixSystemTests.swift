import FleetModel
import FleetRuntime
import FleetTestSupport
import Foundation
import Hypervisor
import Testing

/// The agent is killed with SIGKILL right after each effect, and right before it, of a snapshot's jobs on a real libvirt
/// with a guest that runs. After each recovery the guest reads back what it wrote.
@Suite struct SnapshotKillMatrixSystemTests {
    @Test func noDeathOfTheAgentLosesWhatTheGuestWrote() async throws {
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let agent = try CrashingAgentUnderTest(job: 1, on: libvirt)
        try await agent.finish()
        let vm = try #require(agent.reports.last?.vm)
        let guest = GuestShell(uri: libvirt.uri, name: vm.description)
        try await guest.untilItAnswers()

        var number = 10
        // Each snapshot freezes one number more.
        for moment in moments(["quiesce", "state", "disks", "resume", "manifest"]) {
            try await guest.write(number)
            try agent.ask(
                number, .snapshotCreate, SnapshotCreateArguments(vm: vm, name: ResourceName("s\(number)")!))
            try await die(agent, at: moment)
            #expect(try await guest.read() == number, "\(moment)")
            number += 1
        }
        let newest = number - 1
        try await guest.write(99)

        // From the oldest on, each into the layer below while the guest runs; the last one is the layer in use.
        for (index, moment) in moments(["manifest", "merge sda", "layers", "kept state"]).enumerated() {
            let snapshot = CrashingAgentUnderTest.jobID(10 + index)
            try agent.ask(40 + index, .snapshotDelete, SnapshotArguments(vm: vm, snapshot: snapshot))
            try await die(agent, at: moment)
            #expect(try await guest.read() == 99, "\(moment)")
        }

        // Disks that stand alone, twice: the second time there is a layer below again.
        for (index, moment) in moments(["flatten sda"]).enumerated() {
            try agent.ask(50 + index, .snapshotFlatten, VMArguments(vm: vm))
            try await die(agent, at: moment)
            #expect(try await guest.read() == 99, "\(moment)")
            try agent.ask(
                52 + index, .snapshotCreate, SnapshotCreateArguments(vm: vm, name: ResourceName("flat-\(index)")!))
            try await agent.finish()
        }

        for (index, step) in [
            "disks", "power off", "state", "firmware variables and TPM", "definition", "saved memory", "start",
        ]
        .enumerated() {
            let moment = (step == "disks" ? "overlay sda" : step) + ":after-effect"
            let snapshot = index % 2 == 0 ? newest : newest - 1
            try agent.ask(
                60 + index, .snapshotRevert,
                SnapshotRevertArguments(vm: vm, snapshot: CrashingAgentUnderTest.jobID(snapshot), start: true))
            try await die(agent, at: moment)
            try await guest.untilItAnswers()
            #expect(try await guest.read() == snapshot, "\(moment)")
            try await guest.write(98)
        }
        await libvirt.stop()
    }

    private func moments(_ steps: [String]) -> [String] {
        steps.flatMap { ["\($0):after-intent", "\($0):after-effect"] }
    }

    private func die(_ agent: CrashingAgentUnderTest, at moment: String) async throws {
        #expect(try await agent.crash(at: moment), "\(moment) was not reached")
        try await agent.finish()
        #expect(agent.reports.last?.state == .succeeded, "\(moment): \(agent.reports.last?.message ?? "")")
    }
}
