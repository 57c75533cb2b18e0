import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// A VM gets a new version of its template, as an operator has it done, with guests that boot.
@Suite struct UpdateSystemTests {
    @Test func theSystemIsNewTheDataStaysAndTheOldOneComesBack() async throws {
        let site = try await OneHost(profiles: ["data": "guestAgentTimeoutSeconds: 150\ndataDiskGiB: 1\n"])
        try await site.importNextVersion()
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

    /// The new system boots and answers, and is not what the profile wants of it.
    @Test func aSystemThatFailsItsProfilesCheckIsTakenBack() async throws {
        let site = try await OneHost(profiles: [
            "checked": """
            guestAgentTimeoutSeconds: 150
            guestCommands:
              - name: intact
                path: /bin/sh
                arguments: [-c, '! dd if=/dev/sda bs=512 skip=40960 count=1 2>/dev/null | grep 7777']
            guestChecks: [intact]

            """
        ])
        try await site.importNextVersion()
        try await site.virtfleet("vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "checked", "--wait")
        let vm = try #require(try await site.vm("office"))
        let guest = GuestShell(uri: site.libvirt.uri, name: "office")
        try await guest.write(1)

        let update = try await site.controller.virtfleet(["vm", "update", "office", "tiny:2", "--yes", "--wait"])
        #expect(update.status == 1)
        // What the check says was in the new system.
        #expect((update.text + update.errorText).contains("command 'intact' ended with 1: 7777"), "\(update)")
        let job = try #require(try await site.client.jobs().first { $0.kind == JobKindName.vmUpdate.rawValue })
        #expect(job.state == .rolledBack && job.reason == "exit-status", "\(job)")
        try await guest.untilItAnswers()
        #expect(try await guest.read() == 1)
        let after = try #require(try await site.vm("office"))
        #expect(after.id == vm.id && after.origin == vm.origin && after.snapshots ?? [] == [])
        await site.close()
    }
}
