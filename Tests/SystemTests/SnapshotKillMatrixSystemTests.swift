import FleetModel
import FleetTestSupport
import Testing

/// The agent is killed with SIGKILL right after each effect, and right before it, of a snapshot's jobs on a real libvirt
/// with a guest that runs. After each recovery the guest reads back what it wrote.
@Suite struct SnapshotKillMatrixSystemTests {
    @Test func noDeathOfTheAgentLosesWhatTheGuestWrote() async throws {
        let host = try await HostWithGuest()
        let (agent, guest) = (host.agent, host.guest)

        var number = 10
        // Each snapshot freezes one number more.
        for moment in moments(["quiesce", "state", "disks", "resume", "manifest"]) {
            try await guest.write(number)
            try await agent.succeed(number, .snapshotCreate, host.snapshot(number), dyingAt: moment)
            #expect(try await guest.read() == number, "\(moment)")
            number += 1
        }
        let newest = number - 1
        try await guest.write(99)

        // From the oldest on, each into the layer below while the guest runs; the last one is the layer in use.
        for (index, moment) in moments(["manifest", "merge sda", "layers", "kept state"]).enumerated() {
            try await agent.succeed(40 + index, .snapshotDelete, host.deletion(of: 10 + index), dyingAt: moment)
            #expect(try await guest.read() == 99, "\(moment)")
        }

        // Disks that stand alone, twice: the second time there is a layer below again.
        for (index, moment) in moments(["flatten sda"]).enumerated() {
            try await agent.succeed(50 + index, .snapshotFlatten, VMArguments(vm: host.vm), dyingAt: moment)
            #expect(try await guest.read() == 99, "\(moment)")
            try await agent.succeed(52 + index, .snapshotCreate, host.snapshot(52 + index))
        }

        for (index, step) in [
            "disks", "power off", "state", "firmware variables and TPM", "definition", "saved memory", "start",
        ]
        .enumerated() {
            let moment = (step == "disks" ? "overlay sda" : step) + ":after-effect"
            let snapshot = index % 2 == 0 ? newest : newest - 1
            try await agent.succeed(60 + index, .snapshotRevert, host.revert(to: snapshot), dyingAt: moment)
            try await guest.untilItAnswers()
            #expect(try await guest.read() == snapshot, "\(moment)")
            try await guest.write(98)
        }

        // A VM that is left off has exactly what was kept. Each boot changes variables and TPM, and this is another one.
        try await guest.write(70)
        try await agent.succeed(70, .snapshotCreate, host.snapshot(70))
        let kept = try [70, newest].map { try host.state(in: $0) }
        for (one, other) in zip(kept[0], kept[1]) { #expect(one != other) }
        for (index, moment) in moments([
            "power off", "overlay sda", "state", "firmware variables and TPM", "definition", "saved memory",
        ]).enumerated() {
            let snapshot = index % 2 == 0 ? newest : 70
            try await agent.succeed(
                71 + index, .snapshotRevert, host.revert(to: snapshot, start: false), dyingAt: moment)
            #expect(try host.state() == kept[snapshot == 70 ? 0 : 1], "\(moment)")
        }
        try await agent.succeed(90, .vmStart, VMArguments(vm: host.vm))
        try await guest.untilItAnswers()
        #expect(try await guest.read() == 70)
        await host.libvirt.stop()
    }

    private func moments(_ steps: [String]) -> [String] {
        steps.flatMap { ["\($0):after-intent", "\($0):after-effect"] }
    }
}
