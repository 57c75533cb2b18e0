import FleetModel
import FleetTestSupport
import Foundation
import Glibc
import Hypervisor
import Testing

/// A real guest goes on where its memory was kept: what it had in RAM alone is there again, and it did not boot. The agent
/// is killed with SIGKILL around what libvirt does with memory, and in the middle of it.
@Suite struct MemorySnapshotSystemTests {
    @Test func theGuestGoesOnWhereItWasWhateverIsKilled() async throws {
        let host = try await HostWithGuest()
        let (agent, guest) = (host.agent, host.guest)
        let hypervisor = try await host.hypervisor()
        let started = try await guest.bootID()

        var number = 10
        for moment in ["disks:after-intent", "disks:after-effect", "manifest:after-intent"] {
            try await guest.remember(number)
            try await agent.succeed(number, .snapshotCreate, host.snapshot(number, memory: true), dyingAt: moment)
            #expect(try await guest.read() == number, "\(moment)")
            number += 1
        }
        try await guest.remember(99)

        var genID = try await hypervisor.domain(host.vm).genID
        for (index, moment) in ["power off:after-effect", "memory:after-intent", "memory:after-effect"].enumerated() {
            try await agent.succeed(20 + index, .snapshotRevert, host.revert(to: 10 + index), dyingAt: moment)
            try await guest.untilItAnswers()
            #expect(try await guest.remembered() == 10 + index, "\(moment)")
            #expect(try await guest.bootID() == started, "\(moment)")
            #expect(try await guest.read() == 10 + index, "\(moment)")
            // It writes, to a layer of its own.
            try await guest.write(98)
            #expect(try await guest.read() == 98, "\(moment)")
            let now = try await hypervisor.domain(host.vm).genID
            #expect(now != genID)
            genID = now
        }

        try await agent.succeed(30, .snapshotRevert, host.revert(to: 11, memory: false))
        try await guest.untilItAnswers()
        #expect(try await guest.read() == 11)
        #expect(try await guest.bootID() != started)
        await hypervisor.close()
        await host.libvirt.stop()
    }

    /// QEMU is stopped in the middle of its memory, so that the agent dies just then.
    @Test func anAgentThatDiesWhileMemoryIsWrittenLosesNothing() async throws {
        let host = try await HostWithGuest()
        let (agent, guest) = (host.agent, host.guest)
        let started = try await guest.bootID()
        let qemu = try #require(try agent.processes(of: "qemu-system").first)
        // Pages that take room.
        _ = try await guest.output("dd if=/dev/urandom of=/run/filler bs=1M count=64")

        func die(_ number: Int) async throws {
            try await guest.remember(number)
            try agent.ask(number, .snapshotCreate, host.snapshot(number, memory: true))
            let memory = agent.path(of: "memory", in: number, ofCloneBy: 1)
            try await agent.crash(when: "libvirt is writing") {
                func size() -> Int? { try? FileManager.default.attributesOfItem(atPath: memory)[.size] as? Int }
                guard size() != nil else { return false }
                // Written in a fraction of a second: nobody sleeps meanwhile.
                while let bytes = size(), bytes < 1 << 20 {}
                return kill(qemu, SIGSTOP) == 0
            }
            let begin = try FileHandle(forReadingFrom: URL(filePath: memory)).read(upToCount: 16)
            #expect(begin == Data("LibvirtQemudPart".utf8), "it is whole already")
        }
        func expectItGoesOn(_ number: Int, _ states: JobState...) async throws {
            let report = try #require(agent.reports.last)
            #expect(states.contains(report.state), "\(number): \(report)")
            #expect(try await guest.read() == number)
            #expect(try await guest.remembered() == number)
            #expect(try await guest.bootID() == started)
        }

        // libvirt goes on before the next agent comes, or when that one is there already.
        try await die(10)
        #expect(kill(qemu, SIGCONT) == 0)
        try await agent.finish()
        try await expectItGoesOn(10, .succeeded)
        try await die(11)
        async let next: Void = agent.finish()
        try await Task.sleep(for: .seconds(2))
        #expect(kill(qemu, SIGCONT) == 0)
        try await next
        try await expectItGoesOn(11, .succeeded)
        // libvirtd dies as well.
        try await die(12)
        try await host.libvirt.kill()
        #expect(kill(qemu, SIGCONT) == 0)
        try await host.libvirt.start()
        try await agent.finish()
        try await expectItGoesOn(12, .succeeded, .rolledBack)
        // It is wanted no more when the memory is written.
        try await guest.remember(13)
        try agent.ask(13, .snapshotCreate, host.snapshot(13, memory: true))
        #expect(try await agent.crash(at: "disks:after-effect"))
        try agent.ask(13, .snapshotCreate, host.snapshot(13, memory: true), cancel: true)
        try await agent.finish()
        try await expectItGoesOn(13, .cancelled)

        for number in [11, 10] {
            try await agent.succeed(number + 10, .snapshotRevert, host.revert(to: number))
            try await guest.untilItAnswers()
            try await expectItGoesOn(number, .succeeded)
        }
        await host.libvirt.stop()
    }
}

extension GuestShell {
    /// Writes a number to its disk, and keeps it in RAM.
    fileprivate func remember(_ number: Int) async throws {
        try await write(number)
        _ = try await output("echo \(number) >/run/number")
    }

    /// The number in RAM.
    fileprivate func remembered() async throws -> Int? {
        Int(try await output("cat /run/number").trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// The kernel makes it up when it is read for the first time.
    fileprivate func bootID() async throws -> String { try await output("cat /proc/sys/kernel/random/boot_id") }
}
