import FleetModel
import FleetTestSupport
import Foundation
import Subprocess
import Testing

/// A VM gets a new version of its template, as an operator has it done, with guests that boot.
@Suite struct UpdateSystemTests {
    @Test func theSystemIsNewTheDataStaysAndTheOldOneComesBack() async throws {
        let site = try await OneHost(profiles: ["data": "guestAgentTimeoutSeconds: 150\ndataDiskGiB: 1\n"])
        // The same guest, with another number where it would write one.
        let next = site.agent.directory.file("next.qcow2")
        try GuestImage.copy(to: next)
        _ = try await Subprocess.run("qemu-io", ["-c", "write -P 0x37 \(40960 * 512) 512", next]).successful()
        try await site.virtfleet("template", "import", next, "--name", "tiny", "--version", "2")
        try await site.virtfleet("vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "data", "--wait")
        let vm = try #require(try await site.vm("office"))
        let guest = GuestShell(uri: site.libvirt.uri, name: "office")
        try await guest.write(1)
        try await guest.write(5, isData: true)

        try await site.virtfleet("vm", "update", "office", "tiny:2", "--yes", "--wait")
        #expect(try await guest.read() == 7777)
        #expect(try await guest.read(isData: true) == 5)
        try await site.agent.program.until("the controller knows what was before") {
            try await site.vm("office")?.snapshots?.map(\.name.description) == ["before-2"]
        }
        let updated = try #require(try await site.vm("office"))
        #expect(updated.id == vm.id && updated.macAddresses == vm.macAddresses && updated.genID == vm.genID)
        #expect(updated.origin?.template != vm.origin?.template)

        try await guest.write(6, isData: true)
        try await site.virtfleet("snapshot", "revert", "office", "before-2", "--yes", "--wait")
        try await guest.untilItAnswers()
        #expect(try await guest.read() == 1)
        #expect(try await guest.read(isData: true) == 5)
        await site.close()
    }
}
