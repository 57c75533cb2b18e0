import FleetClient
import FleetModel
import FleetTestSupport
import Foundation
import SQLite
import Signing
import Subprocess
import Testing

/// Images that are not what they should be: before they become templates, and afterwards.
@Suite struct DamagedImageSystemTests {
    enum Damage: CaseIterable { case changed, cutOff, needsAnotherFile }

    @Test func aFileDamagedAtTheControllerLeavesNothingOnTheHost() async throws {
        let site = try await OneHost()
        for (damage, reason, word) in [
            (Damage.changed, "image-wrong-digest", "digest"), (.cutOff, "image-wrong-size", "another size"),
            (.needsAnotherFile, "image-unusable", "has a backing file"),
        ] {
            let template = "\(damage)".lowercased()
            try await plant(damage, as: template, at: site)
            let refused = try await site.controller.virtfleet(
                "vm", "clone", "\(template):1", "broken", "--host", "ada", "--profile", "bare", "--wait")
            #expect(refused.status == 1)
            let job = try #require(try await site.client.jobs().first)
            #expect(job.state == .failed && job.reason == reason, "\(job)")
            #expect(job.message?.contains(word) == true && refused.text.contains(word), "\(refused.text)")
            #expect(try site.images == ["vms"], "\(damage)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: site.agent.statePath + "/images/vms").isEmpty)
            let domains = try await Subprocess.run("virsh", ["-c", site.libvirt.uri, "list", "--all", "--name"])
            #expect(try domains.successful().text.split(separator: "\n").isEmpty, "\(damage)")
        }
        try await site.virtfleet("vm", "clone", "tiny:1", "sound", "--host", "ada", "--profile", "bare", "--wait")
        #expect(try await site.vm("sound")?.state == .running)
        await site.close()
    }

    @Test func aTruncatedImageBecomesNoTemplate() async throws {
        let controller = try await ControllerUnderTest()
        let path = controller.directory.file("guest.qcow2")
        let whole = try Data(contentsOf: URL(filePath: GuestImage.path))
        let arguments = ["template", "import", path, "--name", "tiny", "--version", "1"]
        try whole.prefix(whole.count / 2).write(to: URL(filePath: path))
        let refused = try await controller.virtfleet(arguments)
        #expect(refused.status == 1)
        #expect(refused.errorText.contains("is damaged"), "\(refused.errorText)")
        #expect(try await controller.client.templates().isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: controller.statePath + "/images").isEmpty)

        try whole.write(to: URL(filePath: path))
        let imported = try await controller.virtfleet(arguments)
        #expect(imported.status == 0, "\(imported.errorText)")
        #expect(await controller.stop() == .status(0), "\(controller.program.log)")
    }

    /// Imports a sound image and spoils what the controller keeps of it, behind its back.
    private func plant(_ damage: Damage, as template: String, at site: OneHost) async throws {
        let sound = site.controller.directory.file("\(template).qcow2")
        _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "qcow2", sound, "16M"]).successful()
        // Each template is content of its own.
        _ = try await Subprocess.run("qemu-io", ["-c", "write -P \(template.utf8.count) 0 64k", sound]).successful()
        try await site.virtfleet("template", "import", sound, "--name", template, "--version", "1")
        var image = try #require(try await site.client.templates().first { $0.image.template.description == template })
            .image
        let images = site.controller.statePath + "/images/"
        var content = try Data(contentsOf: URL(filePath: images + "\(image.digest)"))
        switch damage {
        case .changed: content[content.count - 1] ^= 1
        case .cutOff: content.removeLast(4096)
        case .needsAnotherFile:
            // Somebody who can write to the controller's database as well.
            let overlay = site.controller.directory.file("overlay.qcow2")
            _ = try await Subprocess.run(
                "qemu-img", ["create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", GuestImage.path, overlay]
            ).successful()
            content = try Data(contentsOf: URL(filePath: overlay))
            image.digest = SHA256Hasher.digest(of: [UInt8](content))
            image.sizeBytes = UInt64(content.count)
            let database = try Connection(path: site.controller.statePath + "/fleet.db", synchronous: .normal)
            try database.execute(
                "UPDATE templates SET image = ? WHERE name = ?",
                [String(decoding: try FleetJSON.encode(image), as: UTF8.self), template])
        }
        try content.write(to: URL(filePath: images + "\(image.digest)"), options: .atomic)
    }
}
