import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import Hypervisor

/// What happens when libvirtd, a guest or a domain goes away.
@Suite struct LibvirtFaultTests {
    @Test func guestsSurviveAKilledDaemonAndAreListedAgain() async throws {
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let files = try TemporaryDirectory()
        let hypervisor = try LibvirtHypervisor(uri: libvirt.uri, logger: .silent)
        #expect(await next(hypervisor, connected) == [])
        let survivor = Fixtures.guest("survivor", files: files.path)
        let victim = Fixtures.guest("victim", files: files.path)
        for guest in [survivor, victim] {
            _ = try await hypervisor.define(guest.xml())
            try await hypervisor.start(guest.id)
        }
        _ = try await hypervisor.statistics()

        try await libvirt.kill()
        let reason = await next(hypervisor) { event -> String? in
            guard case .disconnected(let reason) = event else { return nil }
            return reason
        }
        #expect(reason == "libvirt closed the connection")
        await expectError(.disconnected) { _ = try await hypervisor.domains() }
        await expectError(.disconnected) { try await hypervisor.shutdown(survivor.id) }
        await expectError(.disconnected) { _ = try await hypervisor.statistics() }
        // While nobody looks, one guest dies, and is dead before libvirtd looks again.
        let kill = "pkill -9 -f 'guest=[v]ictim'; while pgrep -f 'guest=[v]ictim'; do sleep 0.02; done"
        try await libvirt.inside(["/bin/sh", "-c", kill]).wait()

        try await libvirt.start()
        let domains = await next(hypervisor, connected) ?? []
        let states = Dictionary(uniqueKeysWithValues: domains.map { ($0.name, $0.state) })
        #expect(states == ["survivor": .running, "victim": .shutoff])
        #expect(try await hypervisor.statistics().count == 2)
        // Waits for its turn until the daemon has taken the guest over again, which goes on after it listens.
        await expectError(.invalidState) { try await hypervisor.start(survivor.id) }
        try await hypervisor.destroy(survivor.id)
        #expect(await next(hypervisor) { $0.lifecycle == "stopped destroyed" ? true : nil } == true)
        await hypervisor.close()
        await libvirt.stop()
    }

    @Test func aDaemonThatComesLaterIsFound() async throws {
        let libvirt = try PrivateLibvirt()
        let log = Mailbox<String>(capacity: 16)
        let hypervisor = try LibvirtHypervisor(
            uri: libvirt.uri, logger: Logger(label: "test") { _, line in log.send(line) })
        #expect(await log.next()?.contains("connect to \(libvirt.uri)") == true)
        await expectError(.disconnected) { _ = try await hypervisor.information() }
        try await libvirt.start()
        #expect(await next(hypervisor, connected) == [])
        #expect(try await hypervisor.information().libvirtVersion.hasPrefix("9.") == true)
        await hypervisor.close()
        await libvirt.stop()
    }

    @Test func whatOthersDoIsSeen() async throws {
        try await HypervisorKind.libvirt.run { hypervisor, files in
            let uri = try await hypervisor.information().uri
            let other = try LibvirtHypervisor(uri: uri, logger: .silent)
            #expect(await next(other, connected) == [])
            let guest = Fixtures.guest(files: files.path)
            _ = try await hypervisor.define(guest.xml())
            try await hypervisor.start(guest.id)
            try await other.destroy(guest.id)
            try await other.undefine(guest.id)
            await expectError(.noSuchDomain) { try await hypervisor.start(guest.id) }
            #expect(await next(hypervisor) { $0.lifecycle == "undefined removed" ? true : nil } == true)
            await other.close()
        }
    }

    @Test func aSilentGuestAgentIsNoAnswer() async throws {
        try await HypervisorKind.libvirt.run { hypervisor, files in
            let guest = Fixtures.guest(files: files.path)
            _ = try await hypervisor.define(guest.xml())
            try await hypervisor.start(guest.id)
            #expect(try await hypervisor.guestAgentAnswers(guest.id, within: .seconds(1)) == false)
        }
    }

    @Test func aGuestOfAllKindsRunsWithItsTPM() async throws {
        try await HypervisorKind.libvirt.run { hypervisor, files in
            var guest = Fixtures.guest(files: files.path, tpm: true)
            let disk = files.file("disk.raw")
            try Data(count: 1 << 20).write(to: URL(filePath: disk))
            guest.disks = [DomainSpecification.Disk(path: disk, format: .raw)]
            guest.consoleLogPath = files.file("console.log")
            _ = try await hypervisor.define(guest.xml())
            try await hypervisor.start(guest.id)
            let statistics = try await hypervisor.statistics().first
            #expect(statistics?.values["block.0.name"] == .text("sda"))
            #expect(statistics?.values["block.0.path"] == .text(disk))
            #expect(statistics?.values["net.0.name"] == nil)
            #expect(FileManager.default.fileExists(atPath: files.file("console.log")))
            try await hypervisor.destroy(guest.id)
            try await hypervisor.undefine(guest.id)
        }
    }

    private func connected(_ event: HypervisorEvent) -> [Domain]? {
        guard case .connected(let domains) = event else { return nil }
        return domains
    }
}
