import FleetFiles
import FleetModel
import FleetRuntime
import FleetStore
import FoundationEssentials
import Testing

@testable import FleetServer

@Suite struct RolloutRouteTests {
    private static let path = "/api/v1/rollouts/nightly"
    let fixture: APIFixture
    init() throws { fixture = try APIFixture() }

    /// A host that is online, with a VM cloned by a profile.
    private func host(_ name: String, _ number: Int, profile: String = "office", online: Bool = true) async throws
        -> HostID
    {
        let host = try await fixture.addHost(name)
        try await fixture.tell(
            Presence(
                state: online ? .online : .offline, session: .random(), agentVersion: "1", bootID: "b",
                time: fixture.time.now(), jobsRevision: 0), host)
        try await describe(host, number, profile)
        return host
    }

    private func describe(_ host: HostID, _ number: Int, _ profile: String) async throws {
        var vm = VMDocument(
            id: VMID("0b7cb6f9-0000-4000-8000-00000000000\(number)")!, name: "office", state: .running,
            memoryBytes: 1 << 30, vcpus: 1, persistent: true, autostart: false)
        vm.origin = .init(
            job: JobID("01ARZ3NDEKTSV4RRFFQ69G5FA\(number)")!, template: Digest(String(repeating: "a", count: 64))!,
            profile: profile)
        try await fixture.describe(host, [:], vms: [vm])
    }

    private static let intent: [String: JSONValue] = [
        "hosts": .string("labels.site = lab"), "kind": .string("vm.reboot"),
        "vms": .object(["profiles": .array([.string("office")])]), "waves": .array([]),
        "soak": .string("0s"),
    ]

    private func label(_ names: String...) async throws {
        for name in names {
            _ = try await fixture.store.changeLabels(of: name, HostChange(labels: ["site": "lab"]), by: "test")
        }
    }

    private func hosts(_ client: APIClient) async throws -> [RolloutHostResource] {
        try await client.get(Self.path + "/hosts").json(Page<RolloutHostResource>.self).items
    }

    private func plan(_ client: APIClient, _ intent: [String: JSONValue] = intent) async throws -> RolloutPlanResource {
        try await client.send(.post, Self.path + "/plan", RolloutApplication(intent: intent)).json()
    }

    private func apply(
        _ client: APIClient, _ plan: Digest, _ intent: [String: JSONValue] = intent
    ) async throws -> Reply {
        try await client.send(.post, Self.path, RolloutApplication(intent: intent, plan: plan))
    }

    @Test(arguments: Way.allCases) func isPlannedAppliedAndGoesOn(way: Way) async throws {
        let first = try await host("ws-1", 1)
        _ = try await host("ws-2", 2, online: false)
        _ = try await host("ws-3", 3, profile: "plc")
        _ = try await host("ws-4", 4)
        try await label("ws-1", "ws-2", "ws-3")
        try await withClient(way, of: fixture.api.handle) { client in
            let plan = try await plan(client)
            #expect(plan.hosts.map(\.hostName.description) == ["ws-1", "ws-2", "ws-3"])
            #expect(plan.hosts[0].changes == ["vm.reboot office"] && plan.hosts[0].obstacle == nil)
            #expect(plan.hosts[1].hostState == .offline && plan.hosts[1].obstacle == nil)
            #expect(plan.hosts[2].obstacle?.reason == "It has no VM that is meant.")
            #expect(plan.waves == [1, 1])
            #expect(try await client.get(Self.path).status == 404)

            let applied = try await apply(client, plan.plan)
            #expect(applied.status == 201)
            #expect(try applied.json(RolloutResource.self).hosts == [.pending: 2, .unfit: 1])
            while try await fixture.store.stepRollouts().isMore {}
            let rollout = try await client.get(Self.path).json(RolloutResource.self)
            #expect(rollout.state == .running && rollout.hosts == [.offered: 1, .pending: 1, .unfit: 1])
            let metrics = try await client.get("/metrics").text
            #expect(metrics.contains(#"virtfleet_rollout_hosts{rollout="nightly",state="offered"} 1.0"#))
            #expect(metrics.contains(#"virtfleet_rollout_halted{rollout="nightly"} 0.0"#))
            let hosts = try await client.get(Self.path + "/hosts?state=offered").json(Page<RolloutHostResource>.self)
            #expect(hosts.items.map(\.host) == [first] && hosts.items[0].jobs.count == 1)
            let job = try await client.get("/api/v1/jobs/\(hosts.items[0].jobs[0])").json(JobResource.self)
            #expect(job.rollout?.description == "nightly" && job.kind == "vm.reboot")

            #expect(
                try await client.send(.post, Self.path + "/pause", [:], []).json(RolloutResource.self).state == .paused)
            #expect(try await client.send(.post, Self.path + "/pause", [:], []).status == 409)
            _ = try await fixture.store.stepRollouts()
            #expect(try await client.get("/api/v1/jobs/\(job.id)").json(JobResource.self).state == .withdrawn)
            #expect(
                try await client.send(.post, Self.path + "/resume", [:], []).json(RolloutResource.self).state
                    == .running)
            _ = try await fixture.store.stepRollouts()
            let again = try await client.get(Self.path + "/hosts?state=offered").json(Page<RolloutHostResource>.self)
            #expect(again.items[0].attempts == 2 && again.items[0].jobs != [job.id])
            #expect(
                try await client.send(.post, Self.path + "/abort", [:], []).json(RolloutResource.self).state
                    == .aborting)
            _ = try await fixture.store.stepRollouts()
            let ended = try await client.get(Self.path).json(RolloutResource.self)
            #expect(ended.state == .aborted && ended.hosts == [.skipped: 2, .unfit: 1])
            let list = try await client.get("/api/v1/rollouts").json(Page<RolloutResource>.self)
            #expect(list.items == [ended])
            #expect(try await client.get("/metrics").text.contains("rollout=") == false)
        }
    }

    /// What is applied is what was looked at, or nothing.
    @Test func aPlanHoldsForTheFleetThatItWasMadeFor() async throws {
        let first = try await host("ws-1", 1)
        try await label("ws-1")
        try await withClient(.handler, of: fixture.api.handle) { client in
            let old = try await plan(client)
            // Time, and who is online, are not what it is bound to.
            fixture.time.advance(by: .seconds(3600))
            try await fixture.tell(
                Presence(
                    state: .sleeping, session: .random(), agentVersion: "1", bootID: "b", time: fixture.time.now(),
                    jobsRevision: 0), first)
            #expect(try await plan(client).plan == old.plan)
            _ = try await host("ws-2", 2)
            try await label("ws-2")
            let refused = try await apply(client, old.plan)
            #expect(refused.status == 409 && refused.problem?.code == "plan-outdated")
            var other = Self.intent
            other["concurrency"] = .integer(1)
            let new = try await plan(client)
            #expect(try await apply(client, new.plan, other).problem?.code == "plan-outdated")
            #expect(try await apply(client, new.plan).status == 201)
            #expect(try await apply(client, new.plan).problem?.code == "conflict")
            let unbound = try await client.send(.post, Self.path, RolloutApplication(intent: Self.intent))
            #expect(unbound.status == 400)
        }
    }

    /// Labels that change while it runs count only where the intent says so.
    @Test(arguments: [true, false]) func followsTheFleetWhereItIsContinuous(isContinuous: Bool) async throws {
        _ = try await host("ws-1", 1, online: false)
        _ = try await host("ws-2", 2, online: false)
        try await label("ws-1")
        var intent = Self.intent
        intent["continuous"] = .bool(isContinuous)
        try await withClient(.handler, of: fixture.api.handle) { client in
            _ = try await apply(client, try await plan(client, intent).plan, intent)
            try await label("ws-2")
            _ = try await fixture.store.changeLabels(of: "ws-1", HostChange(labels: ["site": nil]), by: "test")
            await RolloutMembership(store: fixture.store, time: fixture.time, logger: quiet).follow()
            let hosts = try await hosts(client)
            if isContinuous {
                #expect(hosts.map(\.hostName.description) == ["ws-1", "ws-2"])
                #expect(hosts.map(\.state) == [.skipped, .pending])
                // One that was never asked comes back, in the last place.
                try await label("ws-1")
                await RolloutMembership(store: fixture.store, time: fixture.time, logger: quiet).follow()
                let after = try await self.hosts(client)
                #expect(after.map(\.hostName.description) == ["ws-2", "ws-1"])
                #expect(after.map(\.state) == [.pending, .pending])
            } else {
                #expect(hosts.map(\.hostName.description) == ["ws-1"] && hosts[0].state == .pending)
            }
        }
    }

    @Test func needsTheWordOfSomebodyElse() async throws {
        _ = try await host("ws-1", 1)
        try await label("ws-1")
        var intent = Self.intent
        intent["approvals"] = .integer(1)
        try await withClient(.handler, of: fixture.api.handle) { client in
            let applied = try await apply(client, try await plan(client, intent).plan, intent)
            #expect(try applied.json(RolloutResource.self).state == .awaitingApproval)
            _ = try await fixture.store.stepRollouts()
            #expect(try await client.get("/api/v1/jobs").json(Page<JobResource>.self).items.isEmpty)
            let refused = try await client.send(.post, Self.path + "/approve", [:], [])
            #expect(refused.status == 409 && refused.problem?.detail?.contains("somebody else") == true)
            let name = try #require(ResourceName("nightly"))
            #expect(try await fixture.store.request(.approve, of: name, by: "bob").state == .running)
            _ = try await fixture.store.stepRollouts()
            #expect(try await client.get("/api/v1/jobs").json(Page<JobResource>.self).items.count == 1)
        }
    }

    @Test func canariesComeFirstAndWindowsAreKept() async throws {
        _ = try await host("ws-1", 1)
        _ = try await host("ws-2", 2)
        try await label("ws-1", "ws-2")
        var window = Window()
        window.timeZone = "UTC"
        _ = try await fixture.store.applyDocument(
            .window, ResourceName("nights")!, document: try window.document(), by: "test")
        var intent = Self.intent
        intent["canary"] = .object(["count": .string("1"), "hosts": .string("name = ws-2")])
        intent["window"] = .string("nights")
        try await withClient(.handler, of: fixture.api.handle) { client in
            let plan = try await plan(client, intent)
            #expect(plan.hosts.map(\.hostName.description) == ["ws-2", "ws-1"])
            let opening = try #require(plan.hosts[0].window)
            // 22:00 to 04:00, of which nothing begins in the last half hour.
            #expect(opening.end.timeIntervalSince(opening.start) == 5.5 * 3600)
            _ = try await apply(client, plan.plan, intent)
            _ = try await fixture.store.stepRollouts()
            let job = try #require(try await client.get("/api/v1/jobs").json(Page<JobResource>.self).items.first)
            #expect(job.hostName.description == "ws-2" && job.conditions?.windows == [opening])
            #expect(job.expiresAt == opening.end)
        }
    }

    /// A host with a clock that nobody knows hinders no other.
    @Test func aHostWithAStrangeZoneCannotAndTheOthersCan() async throws {
        let strange = try await host("ws-1", 1)
        _ = try await host("ws-2", 2)
        let told = try await host("ws-3", 3)
        try await label("ws-1", "ws-2", "ws-3")
        for (host, zone) in [(strange, "Mars/Olympus"), (told, "Asia/Kolkata")] {
            try await fixture.describe(
                host, [.software: .object(["clock": .object(["timeZone": .string(zone)])])], vms: [])
        }
        _ = try await fixture.store.applyDocument(
            .window, ResourceName("nights")!, document: try Window().document(), by: "test")
        var intent = Self.intent
        intent["window"] = .string("nights")
        try await withClient(.handler, of: fixture.api.handle) { client in
            let plan = try await plan(client, intent)
            #expect(plan.hosts.map(\.hostName.description) == ["ws-3", "ws-1", "ws-2"])
            #expect(plan.hosts[0].obstacle == nil && plan.hosts[0].window != nil)
            #expect(plan.hosts[1].obstacle?.reason.contains("there is no time zone 'Mars/Olympus'") == true)
            #expect(plan.hosts[2].obstacle?.reason.contains("which it has not told") == true)
        }
    }

    /// The deadline and the windows begin anew; a window that is gone is said to be, and only then.
    @Test func aFinishedOneIsRetried() async throws {
        let first = try await host("ws-1", 1)
        try await label("ws-1")
        var window = Window()
        window.timeZone = "UTC"
        _ = try await fixture.store.applyDocument(
            .window, ResourceName("nights")!, document: try window.document(), by: "test")
        var intent = Self.intent
        (intent["window"], intent["deadline"]) = (.string("nights"), .string("1d"))
        try await withClient(.handler, of: fixture.api.handle) { client in
            _ = try await apply(client, try await plan(client, intent).plan, intent)
            fixture.time.advance(by: .seconds(2 * 86_400))
            _ = try await fixture.store.stepRollouts()
            #expect(try await hosts(client).map(\.state) == [.missed])
            let retry = { try await client.send(.post, Self.path + "/retry", RolloutRetry()) }
            let again = try await retry().json(RolloutResource.self)
            #expect(again.state == .running && again.deadline == fixture.time.now() + 86_400)
            _ = try await fixture.store.stepRollouts()
            let job = try #require(try await client.get("/api/v1/jobs").json(Page<JobResource>.self).items.first)
            #expect(job.host == first && (job.conditions?.windows?.first?.end ?? .distantPast) > fixture.time.now())
            #expect(try await retry().problem?.code == "conflict")
            fixture.time.advance(by: .seconds(2 * 86_400))
            _ = try await fixture.store.stepRollouts()
            try await fixture.store.removeDocument(.window, ResourceName("nights")!, by: "test")
            #expect(try await retry().problem?.code == "unknown-window")
        }
    }

    @Test(arguments: [
        (#"{"hosts": "nmae = a"}"#, "hosts: expected a selection"), (#"{"kind": "vm.fly"}"#, "kind: expected one of"),
        (#"{"waves": ["110%"]}"#, "waves[0]: expected a number of hosts"),
        (#"{"forceAfter": 2}"#, "forceAfter: says after how many missed windows"),
        (#"{"soak": "31d"}"#, "soak: expected from 0s to 30d"), (#"{"wave": []}"#, "did you mean 'waves'?"),
        (#"{"deferrals": 1}"#, "deferrals: put off a notice"),
    ])
    func whatIsNoIntentIsRefused(intent: String, says: String) async throws {
        try await withClient(.handler, of: fixture.api.handle) { client in
            let reply = try await client.send(
                .post, Self.path + "/plan", [:], Array(#"{"intent": \#(intent)}"#.utf8))
            #expect(reply.status == 422 && reply.problem?.code == "bad-rollout")
            #expect(reply.problem?.detail?.contains(says) == true, "\(reply.text)")
        }
    }

    @Test func theExampleIsRightButForItsTemplate() async throws {
        let path =
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path + "/config/rollouts/office-update.yaml"
        let document = try RolloutIntent(file: path).document()
        var shown = RolloutIntent()
        shown.hosts = try RolloutIntent(document: document).hosts
        shown.vms.profiles = [ResourceName("office")!]
        shown.arguments = ["template": "windows", "version": "2026-12"]
        #expect(try shown.document() == document)
    }
}
