import FleetModel
import FleetTestSupport
import FoundationEssentials
import Testing

/// `virtfleet profile ...` against a played controller, or without any.
@Suite struct ProfileCommandTests {
    private func fleet() throws -> FakeController {
        try FakeController([
            "GET /profiles": { $1.respond(page: [Fleet.profile(version: 3, at: Fleet.now)]) },
            "GET /profiles/office": { request, exchange in
                exchange.respond(json: Fleet.profile(version: request.target.hasSuffix("?version=2") ? 2 : 3))
            },
            "DELETE /profiles/office": { $1.respond(204) },
        ])
    }

    private func write(_ text: String, to name: String, of controller: FakeController) throws -> String {
        let path = controller.directory.file(name)
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    @Test(arguments: [
        ("profile-list", ["profile", "list"]), ("profile-list-names", ["profile", "list", "-o", "name"]),
        ("profile-show", ["profile", "show", "office"]),
        ("profile-show-yaml", ["profile", "show", "office:2", "-o", "yaml"]),
    ])
    func whatIsShownIsAsWritten(_ name: String, _ words: [String]) async throws {
        let output = try await fleet().run(words)
        #expect(output.errorText == "")
        #expect(output.status == 0)
        let difference = try GoldenFile("\(name).txt").difference(from: output.text)
        #expect(difference == nil)
    }

    @Test func everythingWrongWithFilesIsToldWithItsPlaceAndWithoutAController() async throws {
        let controller = try fleet()
        let good = try write("vcpus: 4\n", to: "good.yaml", of: controller)
        let bad = try write("vcpu: 4\nmemoryMiB: 1\nnetworks: [\"\\e[2J\"]\n", to: "bad.yaml", of: controller)
        let inOrder = try await controller.run("profile", "validate", good)
        #expect(inOrder.status == 0 && inOrder.text == "" && inOrder.errorText == "")
        let output = try await controller.run(
            "profile", "validate", bad, good, controller.directory.file("absent.yaml"))
        #expect(output.status == 1)
        let lines = output.errorText.replacing(controller.directory.path + "/", with: "").split(separator: "\n")
        #expect(lines.count == 4, "\(lines)")
        #expect(lines[0] == "bad.yaml:1:1: vcpu: unknown key; did you mean 'vcpus'?")
        #expect(lines[1] == "bad.yaml:2:12: memoryMiB: expected 64 to 16777216, got 1")
        #expect(lines[2].hasPrefix("bad.yaml:3:12: networks[0]: expected") && !lines[2].contains("\u{1B}"))
        #expect(lines[3] == "absent.yaml: cannot be opened: No such file or directory")
        #expect(controller.requests.isEmpty)
    }

    @Test func whatDiffersIsALineForEachKeyAndExitStatus3() async throws {
        let controller = try fleet()
        let versions = try await controller.run("profile", "diff", "office:2", "office")
        #expect(versions.status == 3, "\(versions.errorText)")
        let difference = try GoldenFile("profile-diff.txt").difference(from: versions.text)
        #expect(difference == nil)
        let csv = try await controller.run("profile", "diff", "office:2", "office:3", "-o", "csv", "--no-headers")
        #expect(csv.text == "firmware.code,/a,/b\nguestAgentTimeoutSeconds,,120\nvcpus,2,3\n")

        let shown = try await controller.run("profile", "show", "office", "-o", "yaml").text
        let file = try write(shown + "memoryMiB: 2048\n", to: "office.yaml", of: controller)
        let changed = try await controller.run("profile", "diff", "office", file, "-o", "csv")
        #expect(changed.status == 3)
        #expect(changed.text.contains("memoryMiB,,2048\n"))
        let bad = try write("vcpu: 3\n", to: "bad.yaml", of: controller)
        let refused = try await controller.run("profile", "diff", "office", bad)
        #expect(refused.status == 1 && refused.errorText.contains("bad.yaml:1:1: vcpu: unknown key"))
        #expect(try await controller.run("profile", "diff", "office", "office:0").status == 2)
    }

    @Test func deletingAsks() async throws {
        let controller = try fleet()
        let unasked = try await controller.run("profile", "delete", "office")
        #expect(unasked.status == 2)
        #expect(unasked.errorText.contains("all its versions, the newest of which is 3?"))
        #expect(controller.requests.allSatisfy { $0.method == "GET" })
        #expect(try await controller.run("profile", "delete", "office", "--yes").status == 0)
        #expect(controller.requests.last?.method == "DELETE")
    }

    @Test func namesAreCompletedFromTheController() async throws {
        for words in [["profile", "show"], ["profile", "delete"], ["vm", "clone", "--profile"]] {
            let output = try await fleet().run(["__complete"] + words + ["of"])
            #expect(output.text == "office\tversion 3\n")
        }
    }

    @Test func aFileWhoseNameIsNoProfilesNeedsAnother() async throws {
        let controller = try fleet()
        let file = try write("", to: "odd name.yaml", of: controller)
        let output = try await controller.run("profile", "apply", file)
        #expect(output.status == 2)
        #expect(output.errorText.contains("say --name NAME"))
    }
}

extension Fleet {
    static func profile(version: Int, at time: Date = hosts[1].createdAt) -> ProfileResource {
        var document: [String: JSONValue] = [
            "firmware": .object(["code": .string(version == 2 ? "/a" : "/b"), "variables": .string("/v")]),
            "networks": .array([.string("bridge:br0")]), "tpm": .bool(true), "vcpus": .integer(Int64(version)),
        ]
        if version > 2 { document["guestAgentTimeoutSeconds"] = .integer(120) }
        return ProfileResource(
            name: ResourceName("office")!, version: version, digest: digest, document: document, createdAt: time)
    }
}
