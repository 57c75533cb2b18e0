import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// A VM that is archived and brought back, as an operator does it: the CLI, the controller, the bus, the agent, libvirt, swtpm and
/// a guest that boots.
@Suite struct ExportSystemTests {
    @Test func anArchivedVMComesBackAsItselfAndAsAnother() async throws {
        let site = try await OneHost()
        try await site.virtfleet("vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "tiny", "--wait")
        let vm = try #require(try await site.vm("office"))
        let guest = GuestShell(uri: site.libvirt.uri, name: "office")
        try await guest.write(7)
        let running = try await site.controller.virtfleet(["vm", "export", "office", "--wait"])
        #expect(running.status == 1)
        #expect((running.text + running.errorText).contains("make a snapshot and export that"))
        try await site.virtfleet("vm", "stop", "office", "--wait")
        let tpm = try site.libvirt.tpm(of: vm.id)
        try await site.virtfleet("vm", "export", "office", "--wait")
        let job = try #require(try await site.client.jobs(host: "ada").first { $0.kind == "vm.export" }).id
        let shown = try await site.virtfleet("job", "show", job.description)
        #expect(shown.contains("\(site.agent.statePath)/exports/\(job)"), "\(shown)")

        let early = try await site.controller.virtfleet(
            ["vm", "import", job.description, "--host", "ada", "--as", "restore", "--wait"])
        #expect(early.status == 1)
        #expect((early.text + early.errorText).contains("the very machine that is in the export"))
        try await site.virtfleet("vm", "delete", "office", "--yes", "--wait")
        try await site.virtfleet(
            "vm", "import", job.description, "--host", "ada", "--as", "restore", "--no-start", "--wait")
        #expect(try site.libvirt.tpm(of: vm.id) == tpm)
        try await site.virtfleet("vm", "start", "office", "--wait")
        try await guest.untilItAnswers()
        #expect(try await guest.read() == 7)
        let restored = try #require(try await site.vm("office"))
        #expect(restored.id == vm.id && restored.macAddresses == vm.macAddresses && restored.genID != vm.genID)

        let twice = try await site.controller.virtfleet(
            ["vm", "import", job.description, "--host", "ada", "--as", "move", "--wait"])
        #expect(twice.status == 1)
        #expect((twice.text + twice.errorText).contains("stop it before its move"))
        try await site.virtfleet(
            "vm", "import", job.description, "--host", "ada", "--as", "copy", "--name", "twin", "--wait")
        let twin = try #require(try await site.vm("twin"))
        #expect(twin.id != vm.id && twin.macAddresses != vm.macAddresses && twin.genID != vm.genID)
        #expect(try await GuestShell(uri: site.libvirt.uri, name: "twin").read() == 7)
        #expect(try site.libvirt.tpm(of: twin.id) != site.libvirt.tpm(of: vm.id))
        await site.close()
    }

    /// Its directory is carried to a host whose libvirt, firmware and TPM have never seen it.
    @Test func aVMMovesToAnotherHost() async throws {
        let site = try await OneHost()
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let ben = try await AgentUnderTest(
            "ben", of: site.controller, libvirt: libvirt.uri, tpmStates: libvirt.tpmStates)
        try await ben.start()
        try await site.virtfleet("vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "tiny", "--wait")
        let vm = try #require(try await site.vm("office"))
        try await GuestShell(uri: site.libvirt.uri, name: "office").write(7)
        try await site.virtfleet("vm", "stop", "office", "--wait")
        try await site.virtfleet("vm", "export", "office", "--wait")
        let job = try #require(try await site.client.jobs(host: "ada").first { $0.kind == "vm.export" }).id
        let exports = "\(ben.statePath)/exports"
        try FileManager.default.createDirectory(atPath: exports, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            atPath: "\(site.agent.statePath)/exports/\(job)", toPath: "\(exports)/\(job)")

        try await site.virtfleet(
            "vm", "import", job.description, "--host", "ben", "--as", "move", "--no-start", "--wait")
        #expect(try libvirt.tpm(of: vm.id) == site.libvirt.tpm(of: vm.id))
        try await ben.program.until("both are shown as having one identity") {
            try await site.virtfleet("vm", "list", "-o", "wide").ranges(of: "genid,mac,uuid").count == 2
        }
        try await site.virtfleet("vm", "delete", "office", "--host", "ada", "--yes", "--wait")
        try await ben.program.until("one is left, which shares nothing") {
            let vms = try await site.client.vms()
            return vms.map(\.hostName) == [ben.name] && vms.allSatisfy { $0.sharedIdentities == nil }
        }

        try await site.virtfleet("vm", "start", "office", "--wait")
        let guest = GuestShell(uri: libvirt.uri, name: "office")
        try await guest.untilItAnswers()
        #expect(try await guest.read() == 7)
        let moved = try #require(try await site.vm("office"))
        #expect(moved.id == vm.id && moved.macAddresses == vm.macAddresses && moved.genID == vm.genID)
        #expect(await ben.stop() == .status(0), "\(ben.program.log)")
        await libvirt.stop()
        await site.close()
    }
}

extension PrivateLibvirt {
    fileprivate func tpm(of vm: VMID) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(tpmStates)/\(vm)/tpm2/tpm2-00.permall"))
    }
}
