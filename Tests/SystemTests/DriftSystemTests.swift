import FleetModel
import FleetTestSupport
import FoundationEssentials
import Subprocess
import Testing

/// What becomes of a VM's definition is seen by its operator, who has it made right.
@Suite struct DriftSystemTests {
    @Test func whatIsNotAsItShouldBeIsShownAndFixed() async throws {
        let site = try await OneHost()
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--no-start", "--profile", "bare", "--wait")
        try await expectDiff(site, [])

        let uri = site.libvirt.uri
        let xml = try await Subprocess.run("virsh", ["-c", uri, "dumpxml", "--inactive", "office"]).successful().text
        let directory = try TemporaryDirectory()
        let edited = xml.replacing("discard='unmap'", with: "discard='ignore'")
        #expect(edited != xml)
        try Data(edited.utf8).write(to: URL(filePath: directory.file("office.xml")))
        _ = try await Subprocess.run("virsh", ["-c", uri, "define", directory.file("office.xml")]).successful()
        try await expectDiff(site, ["definition,devices/disk[sda]/driver/@discard,ignore,unmap,vm fix"])
        try await site.virtfleet("vm", "fix", "office", "--wait")
        try await expectDiff(site, [])

        // The controller's profile takes the place of the host's own; then it has another version.
        try await apply(site, "vcpus: 1\nmemoryMiB: 256\n", in: directory)
        try await site.virtfleet("vm", "fix", "office", "--wait")
        try await apply(site, "vcpus: 2\nmemoryMiB: 256\n", in: directory)
        try await expectDiff(site, ["profile bare:2,vcpus,1,2,vm fix"])
        try await site.virtfleet("vm", "fix", "office", "--wait")
        try await expectDiff(site, [])
        let vm = try #require(try await site.vm("office"))
        #expect(vm.vcpus == 2 && vm.origin?.profileVersion == 2)
        try await site.virtfleet("vm", "start", "office", "--wait")
        try await site.agent.program.until("it runs") { try await site.vm("office")?.state == .running }
        try await expectDiff(site, [])
        await site.close()
    }

    private func apply(_ site: OneHost, _ profile: String, in directory: TemporaryDirectory) async throws {
        try Data("\(profile)freeDiskMiB: 64\n".utf8).write(to: URL(filePath: directory.file("bare.yaml")))
        try await site.virtfleet("profile", "apply", directory.file("bare.yaml"))
    }

    private func expectDiff(_ site: OneHost, _ lines: [String]) async throws {
        try await site.agent.program.until("vm diff shows \(lines)") {
            let shown = try await site.controller.virtfleet("vm", "diff", "office", "-o", "csv", "--no-headers")
            return shown.text.split(separator: "\n").map(String.init) == lines
                && shown.status == (lines.isEmpty ? 0 : 3)
        }
    }
}
