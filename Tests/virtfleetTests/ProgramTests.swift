import FleetModel
import FleetTestSupport
import FoundationEssentials
import Signing
import Synchronization
import Testing

@Suite struct ProgramTests {
    @Test func exitCodesTellWhatHappened() async throws {
        let controller = try FakeController([
            "GET /hosts": { $1.respond(page: Fleet.hosts) },
            "POST /hosts": {
                $1.respond(
                    problem: Problem(status: 409, code: "name-taken", title: "Conflict", detail: "'anna' is taken"))
            },
        ])
        #expect(try await controller.run("host", "list").status == 0)
        #expect(try await controller.run("host", "show", "nobody").status == 1)
        #expect(try await controller.run("host", "lits").status == 2)
        #expect(try await controller.run("host", "list", "--output", "xml").status == 2)
        let unreachable = try await controller.run("host", "list", "--controller", "unix:/nonexistent/api.sock")
        #expect(unreachable.status == 5)
        #expect(unreachable.errorText.contains("cannot connect to /nonexistent/api.sock: No such file or directory"))
        let conflict = try await controller.run("host", "add", "anna")
        #expect(conflict.status == 6)
        #expect(conflict.errorText == "virtfleet: 'anna' is taken\n")
        #expect(try await controller.run("--version").text == "virtfleet \(ProductVersion.current)\n")
    }

    @Test func everyCommandHasHelpWithinEightyColumns() async throws {
        let directory = try TemporaryDirectory()
        let controller = try FakeController([:])
        #expect(try await controller.run("__man", directory.path).status == 0)
        let pages = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(pages.count >= 25)
        for page in pages {
            let words = page.dropLast(".1".count).split(separator: "-").dropFirst().map(String.init)
            let help = try await controller.run(words + ["--help"])
            #expect(help.status == 0)
            for line in help.text.split(separator: "\n") where !line.hasPrefix("  virtfleet ") {
                #expect(line.count <= 80, "\(page): \(line)")
            }
        }
        #expect(controller.requests.isEmpty)
    }

    @Test func aHostsSecretsGoToAFileThatOnlyItsOwnerReads() async throws {
        let controller = try FakeController([
            "POST /hosts": { _, exchange in
                exchange.respond(
                    json: HostRegistration(host: Fleet.hosts[0], agentConfiguration: "secret: 1\n"), status: 201)
            }
        ])
        #expect(try await controller.run("host", "add", "anna-laptop").text == "secret: 1\n")
        let path = controller.directory.file("agent.yaml")
        let output = try await controller.run("host", "add", "anna-laptop", "--output-file", path)
        #expect(output.status == 0)
        #expect(output.text == "")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "secret: 1\n")
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let asked = controller.requests.count
        let again = try await controller.run("host", "add", "anna-laptop", "--output-file", path)
        #expect(again.status == 1)
        #expect(again.errorText.contains("File exists; nothing was registered"))
        #expect(controller.requests.count == asked)
    }

    @Test func labelsAreSetAndRemoved() async throws {
        let controller = try FakeController(["PATCH /hosts/anna-laptop": { $1.respond(json: Fleet.hosts[0]) }])
        let output = try await controller.run("host", "label", "anna-laptop", "site=berlin", "beta-", "empty=")
        #expect(output.status == 0)
        #expect(
            controller.requests.first?.bodyText == #"{"labels":{"beta":null,"empty":"","site":"berlin"}}"#)
        #expect(try await controller.run("host", "label", "anna-laptop", "site").status == 2)
    }

    @Test func theTokenComesFromItsFileOrTheEnvironment() async throws {
        let controller = try FakeController(["GET /hosts": { $1.respond(page: [HostResource]()) }])
        let file = controller.directory.file("token")
        try Data("from-file\n".utf8).write(to: URL(filePath: file))
        _ = try await controller.run("host", "list", "--token-file", file)
        _ = try await controller.run("host", "list", environment: ["VIRTFLEET_TOKEN": "from-environment"])
        _ = try await controller.run("host", "list")
        #expect(
            controller.requests.map { $0.headers["authorization"] } == [
                "Bearer from-file", "Bearer from-environment", nil,
            ])
        let missing = try await controller.run("host", "list", "--token-file", "/nonexistent")
        #expect(missing.status == 1)
        #expect(missing.errorText.contains("/nonexistent"))
    }

    @Test func anImageIsUploadedThenImported() async throws {
        let content = [UInt8](repeating: 7, count: 1_000_000)
        let image = ImageReference(
            template: ResourceName("office")!, version: ResourceName("1")!, digest: SHA256Hasher.digest(of: content),
            format: .raw, sizeBytes: 1_000_000, virtualSizeBytes: 1_000_000)
        let controller = try FakeController([
            "PUT /uploads/*": { request, exchange in
                exchange.respond(
                    json: UploadResource(id: .random(), receivedBytes: UInt64(request.body.count), totalBytes: nil))
            },
            "POST /templates": { _, exchange in
                exchange.respond(json: TemplateResource(image: image, createdAt: Fleet.now), status: 201)
            },
        ])
        let path = controller.directory.file("office.raw")
        try Data(content).write(to: URL(filePath: path))
        let output = try await controller.run("template", "import", path, "--name", "office", "--version", "1")
        #expect(output.status == 0, "\(output.errorText)")
        #expect(output.text.contains("office:1"))
        #expect(output.errorText.contains("uploading: "))
        // A controller that has another content is found out.
        try Data(content.dropLast()).write(to: URL(filePath: path))
        let changed = try await controller.run("template", "import", path, "--name", "office", "--version", "1")
        #expect(changed.status == 1)
        #expect(changed.errorText.contains("another content"))
    }

    @Test func followingPrintsEventsAsTheyCome() async throws {
        let controller = try FakeController([
            "GET /events": { _, exchange in exchange.respond(page: [Fleet.event(1, "defined")]) },
            "GET /events/stream": { request, exchange in
                guard request.headers["last-event-id"] == "1" else {
                    // The program comes back behind the last event; that ends the test.
                    return exchange.respond(
                        problem: Problem(
                            status: 410, code: "gone", title: "Gone",
                            detail: "last was \(request.headers["last-event-id"] ?? "")"))
                }
                exchange.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
                for id in 2...3 {
                    let json = (try? FleetJSON.encode(Fleet.event(Int64(id), "started"))) ?? Data()
                    exchange.write("id: \(id)\ndata: " + String(decoding: json, as: UTF8.self) + "\n\n")
                }
                exchange.close()
            },
        ])
        let output = try await controller.run("event", "list", "--follow", "-o", "name")
        #expect(output.text == "1\n2\n3\n")
        #expect(output.errorText.contains("last was 3"))
        #expect(output.status == 1)
        let table = try await controller.run("event", "list", "--follow")
        #expect(table.text.split(separator: "\n").count == 4)
        #expect(table.text.contains("anna-laptop  vm.lifecycle  office started (booted)"))
    }
}
