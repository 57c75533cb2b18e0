import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Signing
import Subprocess
import Testing

/// Somebody takes the VM away, with libvirt's own tool, while the job that makes it waits for its guest.
@Suite struct DisturbedCloneSystemTests {
    @Test func aVMUndefinedDuringItsCloneFailsTheJobAndLeavesNothing() async throws {
        let controller = try await ControllerUnderTest()
        let libvirt = try PrivateLibvirt()
        try await libvirt.start()
        let agent = try await AgentUnderTest("ada", of: controller, libvirt: libvirt.uri)
        try await agent.start()
        let imported = try await controller.virtfleet(
            "template", "import", GuestImage.path, "--name", "tiny", "--version", "1")
        #expect(imported.status == 0, "\(imported.errorText)")

        async let asked = controller.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "tiny", "--wait")
        try await agent.program.until("the VM runs") {
            try await controller.client.vms().map(\.vm.state) == [.running]
        }
        let virsh = ["-c", libvirt.uri]
        _ = try await Subprocess.run("virsh", virsh + ["destroy", "office"]).successful()
        // The agent may already be undoing the clone, and be quicker.
        _ = try await Subprocess.run("virsh", virsh + ["undefine", "--nvram", "office"])
        let cloned = try await asked
        #expect(cloned.status == 1, "\(cloned.errorText)")
        let job = try #require(try await controller.client.jobs().first)
        #expect(job.state == .rolledBack && job.reason == "vm-gone", "\(job)\n\(agent.program.log)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(agent.statePath)/images/vms").isEmpty)
        try await controller.program.until("the VM is gone here too") { try await controller.client.vms().isEmpty }

        // The host is none the worse for it.
        let again = try await controller.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "bare", "--wait")
        #expect(again.status == 0, "\(again.errorText)\n\(agent.program.log)")
        #expect(await agent.stop() == .status(0))
        #expect(await controller.stop() == .status(0))
        await libvirt.stop()
    }

    /// virsh, as root, on the image that all VMs of the template share.
    @Test func aTemplateThatIsStartedByMistakeDoesNotStart() async throws {
        let site = try await OneHost()
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "bare", "--wait", "--no-start")
        let image = try #require(try site.images.first { $0.count == 64 })
        let path = "\(site.agent.statePath)/images/\(image)"
        let definition = site.agent.directory.file("mistake.xml")
        try Data(
            """
            <domain type='qemu'><name>mistake</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
            <os><type arch='x86_64' machine='q35'>hvm</type></os>
            <devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='\(path)'/>
            <target dev='sda' bus='sata'/></disk></devices></domain>
            """.utf8
        ).write(to: URL(filePath: definition))
        let mistake = try await Subprocess.run("virsh", ["-c", site.libvirt.uri, "create", definition])
        #expect(mistake.status != 0 && mistake.errorText.contains(image), "\(mistake.errorText)")
        #expect(SHA256Hasher.digest(of: [UInt8](try Data(contentsOf: URL(filePath: path)))).description == image)
        try await site.virtfleet("vm", "start", "office", "--wait")
        await site.close()
    }

    /// Somebody tidies up, and takes the image away that VMs are built on.
    @Test func aVMWhoseImageIsGoneStartsWhenItIsBack() async throws {
        let site = try await OneHost(profiles: ["built": "systemDisk: overlay\n"])
        try await site.virtfleet(
            "vm", "clone", "tiny:1", "office", "--host", "ada", "--profile", "built", "--wait", "--no-start")
        let image = try #require(try site.images.first { $0.count == 64 })
        let path = "\(site.agent.statePath)/images/\(image)"
        let elsewhere = site.agent.directory.file(image)
        let definition = ["-c", site.libvirt.uri, "dumpxml", "--inactive", "office"]
        let before = try await Subprocess.run("virsh", definition).successful().text
        DurableFile.setImmutable(path, false)
        try FileManager.default.moveItem(atPath: path, toPath: elsewhere)

        let started = try await site.controller.virtfleet(["vm", "start", "office", "--wait"])
        #expect(started.status == 1)
        let said = started.text + started.errorText
        #expect(said.contains(path) && said.contains("bring it back"), "\(said)")
        #expect(try await Subprocess.run("virsh", definition).successful().text == before)
        #expect(try await site.vm("office")?.state == .shutoff)

        try FileManager.default.moveItem(atPath: elsewhere, toPath: path)
        try await site.virtfleet("vm", "start", "office", "--wait")
        await site.close()
    }
}
