import FleetFiles
import FleetModel
import FoundationEssentials
import Testing

@testable import FleetServer

@Suite struct PolicyRouteTests {
    let fixture: APIFixture
    init() throws { fixture = try APIFixture() }

    @Test(arguments: Way.allCases) func areAppliedAndTellWhenTheyAreCarriedOut(way: Way) async throws {
        let host = try await fixture.addHost("ws-1")
        _ = try await fixture.addHost("ws-2")
        _ = try await fixture.addHost("ws-3")
        for name in ["ws-1", "ws-2"] {
            _ = try await fixture.store.changeLabels(of: name, HostChange(labels: ["team": "plc"]), by: "test")
        }
        try await fixture.describe(
            host, [.software: .object(["clock": .object(["timeZone": .string("Asia/Kolkata")])])], vms: [])
        try await withClient(way, of: fixture.api.handle) { client in
            let path = "/api/v1/policies/nightly"
            let document: [String: JSONValue] = ["labels": .object(["team": .string("plc")])]
            let applied = try await client.send(.post, path, document).json(DocumentApplication.self)
            var policy = Policy()
            policy.labels = ["team": "plc"]
            #expect(try applied.changed && applied.applied.document == policy.document())
            let hosts = try await client.get(path + "/hosts").json(Page<PolicyHostResource>.self).items
            #expect(hosts.map(\.hostName.description) == ["ws-1", "ws-2"])
            #expect(hosts[0].timeZone == "Asia/Kolkata" && hosts[0].times.count == 10)
            // 12:30 there is 07:00 UTC; today's has passed.
            #expect(hosts[0].times.first.map(FleetJSON.text) == "2026-09-22T07:00:00.000Z")
            #expect(hosts[1].times.isEmpty && hosts[1].obstacle?.contains("has not told") == true)
            try await fixture.describe(
                host, [.software: .object(["clock": .object(["timeZone": .string("Mars/Olympus")])])], vms: [])
            let strange = try await client.get(path + "/hosts").json(Page<PolicyHostResource>.self).items
            #expect(strange[0].obstacle?.hasPrefix("there is no time zone 'Mars/Olympus'") == true)
            #expect(try await client.send(.delete, path, [:], []).status == 204)
            #expect(try await client.get(path + "/hosts").status == 404)
        }
    }

    @Test func whatKeepsAnUpdateFromHostsIsShownAndAPolicyWithoutTimesHasNone() async throws {
        let host = try await fixture.addHost("ws-1")
        try await fixture.describe(
            host, [.software: .object(["clock": .object(["timeZone": .string("Asia/Kolkata")])])], vms: [])
        func hosts(_ document: [String: JSONValue]) async throws -> [PolicyHostResource] {
            try await withClient(.handler, of: fixture.api.handle) { client in
                #expect(try await client.send(.post, "/api/v1/policies/p", document).status == 200)
                return try await client.get("/api/v1/policies/p/hosts").json(Page<PolicyHostResource>.self).items
            }
        }
        let update = try await hosts([
            "action": .string("update"), "template": .string("win11"), "vms": .array([.string("a")]),
            "timeZone": .string("UTC"),
        ])
        #expect(update.map(\.times.count) == [10])
        #expect(update[0].obstacle?.hasPrefix("there is no template 'win11'") == true)
        let power = try await hosts(["action": .string("power")])
        #expect(power.map(\.times.count) == [0] && power.map(\.obstacle) == [nil] && power.map(\.timeZone) == [nil])
    }

    @Test(arguments: [
        (#"{"keep": {"daily": 14}}"#, "keep: expected 1 to 14 snapshots in all"),
        (#"{"keep": {"last": 0, "daily": 0}}"#, "keep: expected 1 to 14 snapshots in all"),
        (#"{"keep": {"yearly": 1}}"#, "keep.yearly: unknown key"),
        (#"{"grace": "8d"}"#, "grace: expected from 1m to 7d, got 8d"),
        (#"{"recurrence": "hourly"}"#, "'hourly' is no recurrence rule"),
        (#"{"profiles": ["a b"]}"#, "profiles[0]: expected"),
        (
            #"{"action": "power", "grace": "1h"}"#,
            "grace: is a key of action: snapshot or update or guest, not of power"
        ),
    ])
    func whatIsNoPolicyIsRefused(body: String, says: String) async throws {
        try await withClient(.handler, of: fixture.api.handle) { client in
            let reply = try await client.send(.post, "/api/v1/policies/nightly", [:], Array(body.utf8))
            #expect(reply.status == 422 && reply.problem?.code == "bad-policy")
            #expect(reply.problem?.detail?.contains(says) == true, "\(reply.text)")
        }
    }
}
