import FleetFiles
import FleetModel
import FleetTestSupport
import FoundationEssentials
import Testing

/// `virtfleet policy ...` against a played controller.
@Suite struct PolicyCommandTests {
    private static let time = Date(timeIntervalSince1970: 1_790_000_000)

    private func fleet() throws -> FakeController {
        var policy = Policy()
        policy.keep.daily = 0
        policy.keep.last = 1
        let name = try #require(ResourceName("nightly"))
        let resource = DocumentResource(
            name: name, document: try policy.document(), createdAt: Self.time, updatedAt: Self.time)
        let hosts = [
            PolicyHostResource(
                host: Fleet.hosts[0].id, hostName: Fleet.hosts[0].name, timeZone: "Europe/Berlin",
                times: [Self.time, Self.time + 86_400]),
            PolicyHostResource(
                host: Fleet.hosts[1].id, hostName: Fleet.hosts[1].name, timeZone: nil, times: [], obstacle: "no zone"),
        ]
        var vm = Fleet.vm(7, "office", on: Fleet.hosts[0], .running)
        vm.vm.snapshots = (1...3).map { number in
            VMSnapshot(
                id: JobID("01ARZ3NDEKTSV4RRFFQ69G100\(number)")!, name: ResourceName("nightly-\(number)")!,
                createdAt: Self.time + Double(number), consistency: .app, policy: number == 2 ? nil : name,
                sizeBytes: 1)
        }
        let shown = vm
        return try FakeController([
            "GET /policies/nightly": { $1.respond(json: resource) },
            "GET /policies/nightly/hosts": { $1.respond(page: hosts) },
            "GET /vms": { $1.respond(page: [shown]) },
        ])
    }

    @Test func whatAPolicyDoesNextAndWhatItGivesUpIsShown() async throws {
        let output = try await fleet().run(
            ["policy", "show", "nightly"], environment: ["TZ": "Europe/Berlin"])
        #expect(output.status == 0, "\(output.errorText)")
        let difference = try GoldenFile("policy-show.txt").difference(from: output.text)
        #expect(difference == nil)
    }

    @Test func oneHostAloneIsShownWhereThatIsAskedFor() async throws {
        let output = try await fleet().run("policy", "show", "nightly", "--host", "anna-laptop", "-o", "json")
        let shown = try FleetJSON.decode(JSONValue.self, from: Data(output.text.utf8))
        guard case .array(let hosts)? = shown["hosts"], case .array(let vms)? = shown["vms"] else {
            Issue.record("\(output.text)")
            return
        }
        #expect(hosts.count == 1)
        #expect(vms.first?["givenUp"] == .array([.string("nightly-1")]))
    }

    @Test func whatAPolicyDoesWithoutTimesIsShown() async throws {
        var policy = Policy()
        policy.action = .power
        policy.onHostSleep = .save
        let name = try #require(ResourceName("save-on-sleep"))
        let resource = DocumentResource(
            name: name, document: try policy.document(), createdAt: Self.time, updatedAt: Self.time)
        let old = DocumentResource(
            name: try #require(ResourceName("old")), document: ["recurrence": .string("FREQ=DAILY")],
            createdAt: Self.time, updatedAt: Self.time)
        let host = PolicyHostResource(
            host: Fleet.hosts[0].id, hostName: Fleet.hosts[0].name, timeZone: nil, times: [])
        let controller = try FakeController([
            "GET /policies": { $1.respond(page: [old, resource]) },
            "GET /policies/save-on-sleep": { $1.respond(json: resource) },
            "GET /policies/save-on-sleep/hosts": { $1.respond(page: [host]) },
        ])
        let output = try await controller.run(
            ["policy", "show", "save-on-sleep"], environment: ["TZ": "Europe/Berlin"])
        #expect(output.status == 0, "\(output.errorText)")
        let difference = try GoldenFile("policy-show-power.txt").difference(from: output.text)
        #expect(difference == nil)
        let list = try await controller.run("policy", "list")
        let rows = list.text.split(separator: "\n").map { $0.split(separator: " ").prefix(3).map(String.init) }
        #expect(
            rows == [
                ["NAME", "ACTION", "RECURRENCE"], ["old", "snapshot", "FREQ=DAILY"], ["save-on-sleep", "power", "-"],
            ])
    }

    @Test func theShippedPolicyShowsEveryKeyWithItsDefault() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "config/policies/nightly.yaml").path
        #expect(try Policy(file: file) == Policy())
        let text = try String(contentsOfFile: file, encoding: .utf8)
        for key in try Policy().document().keys { #expect(text.contains("\n\(key):"), "\(key)") }
    }
}
