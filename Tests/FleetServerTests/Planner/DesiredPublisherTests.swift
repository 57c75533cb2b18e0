import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import MessageBus
import Signing
import Testing

@testable import FleetServer

struct DesiredPublisherTests {
    private let name = ResourceName("nightly")!

    /// What an agent would take of the retained envelope.
    private func published(_ host: HostID, _ controller: ControllerFixture) -> DesiredState? {
        let topic = Topic.desired(host).name(in: controller.store.fleet)
        guard let message = controller.broker.retained(topic) else { return nil }
        let gate = IntentGate<DesiredState>(fleet: controller.store.fleet, host: host)
        guard
            case .accept(let state, _) = gate.judge(
                envelope: message.payload, keys: controller.keys.current.verifyingKeys, now: controller.time.now())
        else { return nil }
        return state
    }

    private func apply(_ document: [String: JSONValue], _ controller: ControllerFixture) async throws {
        _ = try await controller.store.applyDocument(.policy, name, document: document, by: "tester")
    }

    @Test func aPolicyReachesTheHostsThatItIsAboutWithItsTimes() async throws {
        let controller = try ControllerFixture()
        let (plc, other) = (try await controller.host("plc-1"), try await controller.host("other"))
        try await controller.running {
            try await apply(
                [
                    "labels": .object(["team": .string("plc")]), "timeZone": .string("Europe/Berlin"),
                    "start": .string("2026-01-01T12:30"), "profiles": .array([.string("office")]),
                    "keep": .object(["last": .integer(2), "daily": .integer(0)]), "grace": .string("1h"),
                ], controller)
            #expect(published(plc, controller) == nil)
            _ = try await controller.store.changeLabels(
                of: "plc-1", HostChange(labels: ["team": "plc"]), by: "tester")
            #expect(try await controller.eventually { published(plc, controller)?.policies.count == 1 })
            let policy = try #require(published(plc, controller)?.policies.first)
            #expect(policy.name == name && policy.profiles == [ResourceName("office")!] && policy.vms == nil)
            #expect(policy.keep == SnapshotRetention(last: 2) && policy.graceSeconds == 3600)
            #expect(policy.minimumFreeMiB == 10_240)
            let now = controller.time.now()
            #expect(policy.times.allSatisfy { $0 >= now }, "nothing of before it was applied was missed")
            let last = try #require(policy.times.last)
            #expect(last.timeIntervalSince(now) > 90 * 86_400)
            #expect(policy.times.count > 100 && policy.times == policy.times.sorted())
            #expect(published(other, controller) == nil)

            try await controller.store.removeDocument(.policy, name, by: "tester")
            #expect(try await controller.eventually { published(plc, controller)?.policies == [] })
            #expect(published(plc, controller)?.revision == 2)
        }
    }

    @Test func howeverManyPoliciesThereAreAHostTakesThem() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        for number in 1...20 {
            _ = try await controller.store.applyDocument(
                .policy, #require(ResourceName("hourly-\(number)")),
                document: ["recurrence": .string("FREQ=HOURLY"), "timeZone": .string("UTC")], by: "tester")
        }
        try await controller.running {
            #expect(
                try await controller.eventually {
                    published(host, controller)?.policies.count == DesiredState.maximumPolicies
                })
            let state = try #require(published(host, controller))
            #expect(try FleetJSON.encode(state).count <= DesiredState.maximumBytes)
            let ahead = try #require(state.policies.last?.times.last).timeIntervalSince(controller.time.now())
            #expect(ahead > 14 * 86_400, "the next days are told in good time")
        }
    }

    private func image(_ version: String, _ digit: String) -> ImageReference {
        ImageReference(
            template: ResourceName("win11")!, version: ResourceName(version)!,
            digest: Digest(String(repeating: digit, count: 64))!, format: .qcow2, sizeBytes: 1, virtualSizeBytes: 2)
    }

    @Test func aTemplatesNewVersionIsTheNextStateUnlessAnotherIsPinned() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        _ = try await controller.store.addTemplate(image("2", "a"), by: "tester")
        let update: [String: JSONValue] = [
            "action": .string("update"), "template": .string("win11"), "profiles": .array([.string("office")]),
            "timeZone": .string("UTC"), "requirements": .array([.string("power")]), "startVM": .bool(false),
            "guestAgentTimeoutSeconds": .integer(0),
        ]
        try await apply(update, controller)
        _ = try await controller.store.applyDocument(
            .policy, #require(ResourceName("pinned")), document: update.merging(["version": .string("2")]) { $1 },
            by: "tester")
        try await controller.running {
            #expect(try await controller.eventually { published(host, controller)?.updates?.count == 2 })
            let first = try #require(published(host, controller)?.updates?.first)
            #expect(first.name == name && first.image == image("2", "a") && !first.start)
            #expect(first.guestAgentTimeoutSeconds == nil && first.requirements == ["power"])
            #expect(first.profiles == [ResourceName("office")!] && first.graceSeconds == 12 * 3600)
            #expect(first.times.count > 100)
            #expect(published(host, controller)?.revision == 1)
            // The newest is the one that was added last, whatever it is called.
            controller.time.advance(by: .seconds(1))
            _ = try await controller.store.addTemplate(image("1", "b"), by: "tester")
            #expect(
                try await controller.eventually {
                    published(host, controller)?.updates?.map(\.image) == [image("1", "b"), image("2", "a")]
                })
            #expect(published(host, controller)?.revision == 2)
        }
    }

    @Test func whatSeldomRecursIsToldAsOftenAsItCanBeMissed() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        _ = try await controller.store.addTemplate(image("2", "a"), by: "tester")
        try await apply(
            [
                "action": .string("update"), "template": .string("win11"), "profiles": .array([.string("office")]),
                "timeZone": .string("UTC"), "recurrence": .string("FREQ=MONTHLY;BYMONTHDAY=1"),
                "requirements": .array([.string("power")]), "forceAfter": .integer(6), "notice": .string("15m"),
                "deferrals": .integer(2),
            ], controller)
        try await controller.running {
            #expect(try await controller.eventually { published(host, controller)?.updates?.count == 1 })
            let update = try #require(published(host, controller)?.updates?.first)
            #expect(update.requirements == ["power", "force-after=6", "notice=900/2"])
            #expect(update.times.count == 8)
        }
    }

    @Test func aPolicyWithoutItsTemplateHindersNoOtherAndComesWithIt() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        try await apply(
            [
                "action": .string("update"), "template": .string("win11"), "vms": .array([.string("a")]),
                "timeZone": .string("UTC"),
            ], controller)
        _ = try await controller.store.applyDocument(
            .policy, #require(ResourceName("patches")),
            document: ["action": .string("guest"), "command": .string("patch"), "timeZone": .string("UTC")],
            by: "tester")
        try await controller.running {
            #expect(try await controller.eventually { published(host, controller)?.guestCommands?.count == 1 })
            #expect(published(host, controller)?.guestCommands?.first?.command == ResourceName("patch"))
            #expect(published(host, controller)?.updates == nil)
            _ = try await controller.store.addTemplate(image("1", "a"), by: "tester")
            #expect(try await controller.eventually { published(host, controller)?.updates?.count == 1 })
        }
    }

    @Test func aPolicyWithoutTimesNeedsNoTimeZone() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        try await apply(["action": .string("power"), "onHostSleep": .string("save")], controller)
        try await controller.running {
            #expect(try await controller.eventually { published(host, controller)?.power?.count == 1 })
            #expect(
                published(host, controller)?.power
                    == [PowerPolicy(name: name, power: HostPowerPolicy(onSleep: .save, onShutdown: .shutdown))])
            try await controller.store.removeDocument(.policy, name, by: "tester")
            #expect(try await controller.eventually { published(host, controller)?.revision == 2 })
            #expect(published(host, controller)?.power == nil)
        }
    }

    private func tell(_ zone: String, _ host: HostID, _ controller: ControllerFixture) async throws {
        let software = JSONValue.object(["clock": .object(["timeZone": .string(zone)])])
        let json = try FleetJSON.encode(software)
        _ = try await controller.store.commit([
            .init(
                host: host, receivedAt: controller.time.now(), retained: false,
                content: .inventory(
                    .software, digest: SHA256Hasher.digest(of: Array(json)),
                    document: String(decoding: json, as: UTF8.self)), topic: "", payload: [])
        ])
    }

    @Test func aHostThatHasNotToldItsZoneWaitsForIt() async throws {
        let controller = try ControllerFixture()
        let host = try await controller.host("bench-1")
        try await controller.running {
            try await apply([:], controller)
            try await tell("America/New_York", host, controller)
            #expect(published(host, controller) == nil)
            // It is found when the publisher looks next.
            #expect(
                try await controller.eventually(within: .seconds(600)) {
                    published(host, controller)?.policies.count == 1
                })
        }
    }

    @Test func aHostWithAZoneThatNobodyKnowsHindersNoOther() async throws {
        let controller = try ControllerFixture()
        let (strange, other) = (try await controller.host("a-strange"), try await controller.host("other"))
        try await tell("Mars/Olympus", strange, controller)
        try await tell("UTC", other, controller)
        try await controller.running {
            try await apply([:], controller)
            #expect(try await controller.eventually { published(other, controller)?.policies.count == 1 })
            #expect(published(strange, controller) == nil)
        }
    }
}
