import FleetModel
import FleetTestSupport
import FoundationEssentials
import Glibc
import Subprocess
import Testing

/// The built program against the controller's real API: both sides mean the same.
@Suite struct RealControllerTests {
    @Test func hostsComeAndGo() async throws {
        try await RealController.serve { controller in
            let added = try await controller.virtfleet("host", "add", "anna-laptop")
            #expect(added.status == 0, "\(added.errorText)")
            #expect(added.text.hasPrefix("host: "))
            #expect(try await controller.virtfleet("host", "add", "anna-laptop").status == 6)
            #expect(try await controller.virtfleet("host", "label", "anna-laptop", "site=berlin", "x=1").status == 0)
            let labelled = try await controller.virtfleet("host", "label", "anna-laptop", "x-", "-o", "csv")
            #expect(labelled.text.contains("anna-laptop,never,,0,site=berlin,"))
            let list = try await controller.virtfleet("host", "list")
            #expect(list.text.contains("anna-laptop  never seen"))
            #expect(try await controller.virtfleet("host", "remove", "anna-laptop", "--yes").status == 0)
            #expect(try await controller.virtfleet("host", "list", "-o", "name").text == "")
            let absent = try await controller.virtfleet("host", "show", "anna-laptop")
            #expect(absent.status == 1)
            #expect(absent.errorText.contains("anna-laptop"))
        }
    }

    @Test func whoDidWhatIsTold() async throws {
        try await RealController.serve { controller in
            _ = try await controller.virtfleet("host", "add", "anna-laptop").successful()
            #expect(try await controller.virtfleet("host", "add", "anna-laptop").status == 6)
            let listed = try await controller.virtfleet("audit", "list", "-o", "json").successful()
            let entries = try FleetJSON.decode([AuditResource].self, from: Data(listed.standardOutput))
            let user = getpwuid(geteuid()).map { String(cString: $0.pointee.pw_name) } ?? "uid \(geteuid())"
            #expect(entries.map(\.action) == ["POST /api/v1/hosts", "host.add"])
            #expect(entries.allSatisfy { $0.who == user && $0.origin == "local socket" })
            let newest = try await controller.virtfleet("audit", "list", "--limit", "1", "--no-headers")
            #expect(newest.text.contains("POST /api/v1/hosts") && !newest.text.contains("host.add"))
            let nobody = try await controller.virtfleet("audit", "list", "--who", "nobody")
            #expect(nobody.text == "" && nobody.errorText == "nothing was changed yet\n")
        }
    }

    @Test func theSigningKeyIsChanged() async throws {
        try await RealController.serve { controller in
            _ = try await controller.virtfleet("host", "add", "anna-laptop").successful()
            let old = try await controller.virtfleet("key", "list", "-o", "name").successful().text.dropLast()
            let rotated = try await controller.virtfleet("key", "rotate", "--no-headers").successful().text
            #expect(rotated.contains("0 of 1 hosts  anna-laptop"))
            #expect(try await controller.virtfleet("key", "rotate").status == 6)
            let unasked = try await controller.virtfleet("key", "retire", String(old))
            #expect(unasked.status == 2 && unasked.errorText.contains("--yes"))
            let early = try await controller.virtfleet("key", "retire", String(old), "--yes")
            #expect(early.status == 6 && early.errorText.contains("anna-laptop"))
            let warned = try await controller.virtfleet("key", "retire", String(old), "--force")
            #expect(warned.status == 2 && warned.errorText.contains("1 hosts will need a new agent.yaml"))
            let forced = try await controller.virtfleet("key", "retire", String(old), "--force", "--yes", "-o", "name")
            #expect(forced.status == 0 && forced.text != old + "\n" && forced.text.split(separator: "\n").count == 1)
            #expect(try await controller.virtfleet("key", "retire", String(old), "--yes").status == 1)
        }
    }

    @Test func manyHostsAreReadPageByPage() async throws {
        try await RealController.serve { controller in
            for number in 0..<1001 {
                _ = try await controller.store.addHost(
                    ResourceName("host-\(number)")!, busPasswordHash: "-", imageTokenHash: "-", keys: [], by: "test")
            }
            let names = try await controller.virtfleet("host", "list", "-o", "name").text.split(separator: "\n")
            #expect(names.count == 1001)
            #expect(Set(names).count == 1001)
        }
    }

    @Test func aTemplateShowsWhatItWasSealedWith() async throws {
        try await RealController.serve { controller in
            let image = controller.directory.file("win11.qcow2")
            _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "qcow2", image, "64M"]).successful()
            let seal = controller.directory.file("seal.yaml")
            try Data("secureBoot: true\nprofile: office\n".utf8).write(to: URL(filePath: seal))
            let importing = [
                "template", "import", image, "--name", "win11", "--version", "1", "--variables",
                "/usr/share/OVMF/OVMF_VARS_4M.ms.fd", "--seal", seal,
            ]
            let imported = try await controller.virtfleet(importing)
            #expect(imported.status == 0, "\(imported.errorText)")
            #expect(try await controller.virtfleet(importing).status == 0, "given again, it finds its work done")
            let shown = try await controller.virtfleet("template", "show", "win11:1", "-o", "json")
            let template = try FleetJSON.decode(TemplateResource.self, from: Data(shown.standardOutput))
            #expect(template.image.seal?.secureBoot == true && template.image.seal?.profile?.description == "office")
            #expect(template.image.variables?.sizeBytes == 540_672)
            let text = try await controller.virtfleet("template", "show", "win11:1").text
            #expect(text.contains("UEFI variables") && text.contains("Secure Boot") && text.contains("office"))
            #expect(try await controller.virtfleet("template", "show", "win11:2").status == 1)

            try Data("secureboot: true\n".utf8).write(to: URL(filePath: seal))
            let wrong = try await controller.virtfleet(importing)
            #expect(wrong.status == 1 && wrong.errorText.contains("seal.yaml:1:1: secureboot: unknown key"))
        }
    }

    @Test func anImageBecomesATemplateAndAJob() async throws {
        try await RealController.serve { controller in
            let image = controller.directory.file("office.qcow2")
            _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "qcow2", image, "64M"]).successful()
            let imported = try await controller.virtfleet(
                "template", "import", image, "--name", "office", "--version", "1")
            #expect(imported.status == 0, "\(imported.errorText)")
            #expect(imported.text.contains("office:1"))
            // Given again, the command finds its work done; another version of the same content needs no upload.
            #expect(
                try await controller.virtfleet("template", "import", image, "--name", "office", "--version", "1")
                    .status == 0)
            #expect(try await controller.virtfleet("template", "list", "-o", "name").text == "office:1\n")

            #expect(try await controller.virtfleet("host", "add", "anna-laptop").status == 0)
            let cloned = try await controller.virtfleet(
                "vm", "clone", "office:1", "office-1", "--profile", "linux", "--host", "anna-laptop", "-o", "json")
            #expect(cloned.status == 0, "\(cloned.errorText)")
            let job = try FleetJSON.decode(JobResource.self, from: Data(cloned.standardOutput))
            #expect(job.arguments["name"] == .string("office-1"))
            #expect(job.arguments["image"]?["sizeBytes"] != nil, "the controller fills in the rest")
            let both = try await controller.virtfleet(
                "vm", "clone", "office:1", "office-2", "--profile", "linux", "--host", "anna-laptop", "--host", "nobody"
            )
            #expect(both.status == 4)
            #expect(both.errorText.contains("host 'nobody'"))
            let unknown = try await controller.virtfleet(
                "vm", "clone", "office:2", "x", "--profile", "linux", "--host", "anna-laptop")
            #expect(unknown.status == 1)
            #expect(unknown.errorText.contains("office"))

            #expect(try await controller.virtfleet("job", "cancel", job.id.description).status == 0)
            // A job that no host has heard of is taken back at once.
            let watched = try await controller.virtfleet("job", "watch", job.id.description, "-o", "csv")
            #expect(watched.status == 1)
            #expect(watched.text.contains("withdrawn"))
            let listed = try await controller.virtfleet("job", "list", "--host", "anna-laptop", "-o", "name")
            #expect(listed.text.split(separator: "\n").count == 2)
        }
    }

    @Test func aProfileIsKeptVersionByVersionAndGoesIntoTheJob() async throws {
        try await RealController.serve { controller in
            func write(_ text: String, to name: String) throws -> String {
                let path = controller.directory.file(name)
                try Data(text.utf8).write(to: URL(filePath: path))
                return path
            }
            let office = try write("vcpus: 2\nnetworks: [bridge:br0]\n", to: "office.yaml")
            let applied = try await controller.virtfleet("profile", "apply", office, "-o", "name")
            #expect(applied.status == 0 && applied.text == "office\n", "\(applied.errorText)")
            #expect(applied.errorText == "profile 'office', version 1, is new\n")
            let again = try await controller.virtfleet("profile", "apply", office)
            #expect(again.status == 0 && again.errorText.hasPrefix("nothing changed: "), "\(again.errorText)")
            #expect(try await controller.virtfleet("profile", "diff", "office", office).status == 0)

            // What is shown can be applied, and is the same.
            let shown = try await controller.virtfleet("profile", "show", "office", "-o", "yaml").text
            let copy = try write(shown, to: "copy.yaml")
            let same = try await controller.virtfleet("profile", "apply", copy, "--name", "office")
            #expect(same.status == 0 && same.errorText.hasPrefix("nothing changed: "), "\(same.errorText)")

            let larger = try write("vcpus: 6\nnetworks: [bridge:br0]\n", to: "larger.yaml")
            let pending = try await controller.virtfleet("profile", "diff", "office", larger, "-o", "csv")
            #expect(pending.status == 3 && pending.text == "key,old,new\nvcpus,2,6\n")
            #expect(try await controller.virtfleet("profile", "apply", larger, "--name", "office").status == 0)
            let listed = try await controller.virtfleet("profile", "list", "-o", "csv", "--no-headers")
            #expect(listed.text.hasPrefix("office,2,"))
            let bad = try write("vcpu: 6\n", to: "bad.yaml")
            let refused = try await controller.virtfleet("profile", "apply", bad)
            #expect(refused.status == 1 && refused.errorText.contains("bad.yaml:1:1: vcpu: unknown key"))

            let image = controller.directory.file("office.raw")
            _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "raw", image, "1M"]).successful()
            _ = try await controller.virtfleet("template", "import", image, "--name", "office", "--version", "1")
                .successful()
            _ = try await controller.virtfleet("host", "add", "anna-laptop").successful()
            let cloned = try await controller.virtfleet(
                "vm", "clone", "office:1", "office-1", "--profile", "office", "--host", "anna-laptop", "-o", "json"
            ).successful()
            let job = try FleetJSON.decode(JobResource.self, from: Data(cloned.standardOutput))
            let carried = try FleetJSON.decode(CloneArguments.self, from: job.arguments).profileVersion
            #expect(carried?.version == 2 && carried?.document["vcpus"] == .integer(6))

            #expect(try await controller.virtfleet("profile", "delete", "office", "--yes").status == 0)
            #expect(try await controller.virtfleet("profile", "show", "office").status == 1)
            let table = try await controller.virtfleet("profile", "list")
            #expect(table.text == "" && table.errorText.contains("virtfleet profile apply"))
        }
    }

    @Test func anImageWithABackingFileIsRefusedWithTheControllersWords() async throws {
        try await RealController.serve { controller in
            let base = controller.directory.file("base.qcow2")
            let overlay = controller.directory.file("overlay.qcow2")
            _ = try await Subprocess.run("qemu-img", ["create", "-q", "-f", "qcow2", base, "1M"]).successful()
            _ = try await Subprocess.run(
                "qemu-img", ["create", "-q", "-f", "qcow2", "-b", base, "-F", "qcow2", overlay]
            ).successful()
            let output = try await controller.virtfleet(
                "template", "import", overlay, "--name", "office", "--version", "1")
            #expect(output.status == 1)
            #expect(output.errorText.contains("backing file"))
        }
    }
}
