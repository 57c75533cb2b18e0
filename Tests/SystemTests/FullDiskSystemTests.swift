import FleetModel
import FleetTestSupport
import Testing

/// The disk with a VM's files is full in the middle of a snapshot's jobs, under a guest that runs: what cannot be done says
/// so, the guest reads back what it wrote, and with room the same is asked for again and done.
@Suite struct FullDiskSystemTests {
    @Test func aFullDiskLosesNothing() async throws {
        let host = try await HostWithGuest(profile: "data", roomForVMs: 512 << 20)
        let (agent, guest) = (host.agent, host.guest)
        let disk = try #require(host.disk)

        var number = 10
        for (moment, room, memory) in [
            ("quiesce:after-intent", 0, false), ("state:after-intent", 0, false),
            ("state:after-intent", 64 << 10, false),
            ("disks:after-intent", 0, false), ("manifest:after-intent", 0, false),
            ("disks:after-intent", 8 << 20, true),
        ] {
            try await guest.write(number, isData: true)
            let before = try agent.layers
            try agent.ask(number, .snapshotCreate, host.snapshot(number, memory: memory))
            #expect(try await agent.crash(at: moment), "\(moment) was not reached")
            try disk.fill(leaving: room)
            try await agent.finish()
            let report = try #require(agent.reports.last)
            #expect(report.state == .rolledBack, "\(moment): \(report)")
            #expect(report.message?.contains("No space left") == true, "\(moment): \(report)")
            #expect(try await guest.read(isData: true) == number, "\(moment)")
            try disk.drain()
            #expect(try agent.layers == before, "\(moment)")
            try await agent.succeed(number + 1, .snapshotCreate, host.snapshot(number, memory: memory))
            #expect(try await guest.read(isData: true) == number, "\(moment)")
            number += 2
        }
        await host.libvirt.stop()
    }

    /// A layer in the middle, and the one in use.
    @Test func aLayerThatHasNoRoomBelowStaysUntilItHas() async throws {
        let host = try await HostWithGuest(profile: "data", roomForVMs: 512 << 20)
        let (agent, guest) = (host.agent, host.guest)
        let disk = try #require(host.disk)
        var digests: [String] = []
        for number in 0..<3 {
            if number > 0 { try await agent.succeed(number + 1, .snapshotCreate, host.snapshot(number + 1)) }
            digests.append(try await guest.writeMany(at: number))
        }
        func expectAllIsThere() async throws {
            for (place, digest) in digests.enumerated() { #expect(try await guest.digest(at: place) == digest) }
        }
        var number = 10
        // There is room for nothing, or for what the system disk's layer holds.
        for (snapshot, obstacles) in [
            (2, [(0, "no-space"), (2 << 20, "merge-failed")]), (3, [(0, "merge-failed")]),
        ] {
            for (room, reason) in obstacles {
                try agent.ask(number, .snapshotDelete, host.deletion(of: snapshot))
                #expect(try await agent.crash(at: "merge sda:after-intent"))
                try disk.fill(leaving: room)
                try await agent.finish()
                let report = try #require(agent.reports.last)
                #expect(report.state == .failed && report.reason == reason, "\(snapshot): \(report)")
                try await expectAllIsThere()
                try disk.drain()
                number += 1
            }
            try await agent.succeed(number, .snapshotDelete, host.deletion(of: snapshot))
            try await expectAllIsThere()
            number += 1
        }
        #expect(try agent.layers == ["data.qcow2", "disk.qcow2"])
        await host.libvirt.stop()
    }
}

extension CrashingAgentUnderTest {
    /// The layers of its one VM's disks.
    fileprivate var layers: [String] {
        get throws { try files.values.flatMap(\.self).filter { $0.hasSuffix(".qcow2") } }
    }
}

extension GuestShell {
    /// The guest writes 16 MiB that nobody knows to its data disk.
    /// - Parameter place: the first, second ... 16 MiB of the disk.
    /// - Returns: their digest.
    fileprivate func writeMany(at place: Int) async throws -> String {
        _ = try await output(
            Self.find(isData: true)
                + "dd if=/dev/urandom of=$disk bs=1M count=16 seek=\(place * 16) conv=notrunc,fsync")
        return try await digest(at: place)
    }

    /// The digest of such a place, from the disk itself.
    fileprivate func digest(at place: Int) async throws -> String {
        try await output(
            Self.find(isData: true)
                + "echo 3 >/proc/sys/vm/drop_caches; dd if=$disk bs=1M skip=\(place * 16) count=16 | sha256sum")
    }
}
