import FleetModel
import FleetTestSupport
import Foundation
import Testing

/// A template that brings UEFI variables: what its golden guest has written to its firmware, its clones read.
@Suite struct SealedTemplateSystemTests {
    /// A variable of ours, and its attributes: not volatile, for boot and run time (UEFI 2.10, 8.2).
    private static let variable = "/sys/firmware/efi/efivars/VirtfleetSeal-6c1f3a52-7e0b-4d8f-9a35-1b2c3d4e5f60"
    private static let attributes = #"\007\000\000\000"#

    @Test func clonesBootWithTheVariablesOfTheSealedGuest() async throws {
        let site = try await OneHost()
        try await site.virtfleet("vm", "clone", "tiny:1", "golden", "--host", "ada", "--profile", "bare", "--wait")
        let golden = try await guest("golden", of: site)
        _ = try await golden.output("printf '\(Self.attributes)sealed' > \(Self.variable)")
        try await site.virtfleet("vm", "stop", "golden", "--wait")
        let job = try #require(try await site.vm("golden")?.origin?.job)
        let variables = site.agent.directory.file("sealed.fd")
        try FileManager.default.copyItem(
            atPath: "\(site.agent.statePath)/images/vms/\(job)/variables.fd", toPath: variables)

        try await site.virtfleet(
            "template", "import", GuestImage.path, "--name", "sealed", "--version", "1", "--variables", variables)
        for (template, name) in [("sealed:1", "copy"), ("tiny:1", "other")] {
            try await site.virtfleet("vm", "clone", template, name, "--host", "ada", "--profile", "bare", "--wait")
        }
        #expect(try await guest("copy", of: site).output("tail -c +5 \(Self.variable)") == "sealed")
        #expect(try await guest("other", of: site).output("test ! -e \(Self.variable) && echo none") == "none\n")
        await site.close()
    }

    /// Returns when it answers, and its variables are files.
    private func guest(_ name: String, of site: OneHost) async throws -> GuestShell {
        let guest = GuestShell(uri: site.libvirt.uri, name: name)
        try await guest.untilItAnswers()
        _ = try await guest.output("mount -t efivarfs efivarfs /sys/firmware/efi/efivars")
        return guest
    }
}
