import FleetModel
import FleetTestSupport
import Testing

/// What the built program prints, against a played controller.
@Suite struct ListingTests {
    private func fleet() throws -> FakeController {
        try FakeController([
            "GET /hosts": { $1.respond(page: Fleet.hosts) },
            "GET /hosts/anna-laptop": { $1.respond(json: Fleet.shown(Fleet.inventory)) },
            "GET /hosts/strange-laptop": { $1.respond(json: Fleet.shown(Fleet.strangeInventory)) },
            "GET /hosts/ben-laptop": { $1.respond(json: Fleet.hosts[1]) },
            "GET /vms": { request, exchange in
                let host = ["ben": Fleet.ben, "anna": Fleet.anna].first { request.target.contains("host=\($0.key)") }
                exchange.respond(page: Fleet.vms.filter { host == nil || $0.host == host?.value })
            },
            "GET /vms/*": { request, exchange in
                exchange.respond(json: Fleet.vms.first { request.path.hasSuffix($0.vm.id.description) })
            },
            "GET /jobs": { $1.respond(page: [Fleet.job(.failed, message: "/var has 1 GiB free, 4 GiB are needed")]) },
            "GET /templates": { _, exchange in exchange.respond(page: [TemplateResource]()) },
            "GET /events": { _, exchange in
                exchange.respond(page: [Fleet.event(2, "started"), Fleet.event(1, "defined")])
            },
            "GET /keys": { $1.respond(page: Fleet.keys) },
            "GET /audit": { request, exchange in
                let who = request.target.contains("who=API%20token") ? "API token" : nil
                exchange.respond(page: Fleet.audit.filter { who == nil || $0.who == who })
            },
        ])
    }

    @Test(arguments: [
        ("host-list", ["host", "list"]), ("host-list-names", ["host", "list", "-o", "name"]),
        ("host-show", ["host", "show", "anna-laptop"]), ("host-show-strange", ["host", "show", "strange-laptop"]),
        ("host-show-offline", ["host", "show", "ben-laptop", "--output=table"]),
        ("vm-list", ["vm", "list"]), ("vm-list-bare", ["vm", "list", "--no-headers", "--host", "ben-laptop"]),
        ("vm-show", ["vm", "show", "plc-line-4"]),
        ("snapshot-list", ["snapshot", "list", "office", "--host", "anna-laptop"]),
        ("snapshot-show", ["snapshot", "show", "office", "nightly-2", "--host", "anna-laptop"]),
        ("job-list", ["job", "list"]), ("event-list", ["event", "list"]),
        ("key-list", ["key", "list"]), ("key-list-wide", ["key", "list", "-o", "wide"]),
        ("audit-list", ["audit", "list"]), ("audit-list-yaml", ["audit", "list", "-o", "yaml", "--who", "API token"]),
    ])
    func tablesAreAsWritten(_ name: String, _ words: [String]) async throws {
        let output = try await fleet().run(words)
        #expect(output.errorText == "")
        #expect(output.status == 0)
        let difference = try GoldenFile("\(name).txt").difference(from: output.text)
        #expect(difference == nil)
    }

    @Test func anEmptyListSaysWhatToDoAndKeepsTheOutputClean() async throws {
        let output = try await fleet().run(["template", "list"])
        #expect(output.text == "")
        #expect(output.errorText.contains("virtfleet template import"))
        #expect(output.status == 0)
        let json = try await fleet().run(["template", "list", "-o", "json"])
        #expect(json.text == "[]\n")
        #expect(json.errorText == "")
    }

    @Test func jsonIsTheResourceOfTheAPI() async throws {
        let output = try await fleet().run(["vm", "list", "-o", "json"])
        let read = try FleetJSON.decode([JSONValue].self, from: .init(output.standardOutput))
        #expect(read.map { $0["vm"]?["name"] } == [.string("office"), .string("plc-line-4"), .string("office")])
    }

    @Test func theWholeInventoryIsThereForPrograms() async throws {
        let output = try await fleet().run(["host", "show", "anna-laptop", "-o", "json"])
        let read = try FleetJSON.decode(HostResource.self, from: .init(output.standardOutput))
        #expect(read.inventory == Fleet.inventory)
        let yaml = try await fleet().run(["host", "show", "anna-laptop", "-o", "yaml"])
        #expect(yaml.text.contains("threadList:") && yaml.text.contains("ext4 cannot share blocks."))
    }

    @Test func whatVMsShareIsShown() async throws {
        let wide = try await fleet().run(["vm", "list", "-o", "wide"])
        #expect(wide.text.contains("SHARES") && wide.text.contains(" mac "))
        let one = try await fleet().run(["vm", "show", "office", "--host", "ben-laptop"])
        #expect(one.text.contains("52:54:00:00:00:01: office on anna-laptop"))
    }

    @Test func whatAGuestTellsIsShown() async throws {
        let one = try await fleet().run(["vm", "show", "office", "--host", "ben-laptop"])
        #expect(one.text.contains("Windows 11 Pro") && one.text.contains("192.0.2.7/24, fe80::1/64"))
    }

    @Test func aVMIsFoundByNameHostAndUUID() async throws {
        let fleet = try fleet()
        let ambiguous = try await fleet.run(["vm", "show", "office"])
        #expect(ambiguous.status == 2)
        #expect(ambiguous.errorText.contains("exists on anna-laptop, ben-laptop; say which with --host"))
        let byHost = try await fleet.run(["vm", "show", "office", "--host", "ben-laptop", "-o", "name"])
        #expect(byHost.text == "office\n")
        #expect(fleet.requests.last?.path == "/api/v1/vms/\(Fleet.vms[2].vm.id)")
        let byID = try await fleet.run(["vm", "show", Fleet.vms[1].vm.id.description, "-o", "name"])
        #expect(byID.text == "plc-line-4\n")
        let absent = try await fleet.run(["vm", "show", "nothing"])
        #expect(absent.status == 1)
        #expect(absent.errorText.contains("no VM 'nothing'"))
    }

    @Test func namesAreCompletedFromTheController() async throws {
        let output = try await fleet().run(["__complete", "host", "show", "a"])
        #expect(output.text == "anna-laptop\tonline\n")
        let keys = try await fleet().run(["__complete", "key", "retire", ""])
        #expect(keys.text == "8d4ce1d0a94ebd3e\ttrusted by 2 hosts\n1d3b4a8f90a6f1c2\ttrusted by 1 hosts\n")
        let silent = try await fleet().run(
            ["__complete", "--controller", "unix:/nonexistent", "host", "show", ""])
        #expect(silent.text == "")
        #expect(silent.errorText == "")
    }
}
