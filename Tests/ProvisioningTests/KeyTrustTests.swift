import FleetModel
import FleetTestSupport
import FoundationEssentials
@testable import Provisioning
import Signing
import Testing

/// Whom a host believes: the keys of agent.yaml, then those that a desired state names.
@Suite struct KeyTrustTests {
    /// A desired state, signed by some keys.
    private func state(
        _ revision: UInt64, by keys: [SigningKey], naming named: [SigningKey]?, _ world: World
    ) throws -> [UInt8] {
        try KeyRing(keys).seal(
            DesiredState(
                fleet: World.fleet, host: World.hostID, revision: revision, issuedAt: world.time.now(),
                expiresAt: world.time.now() + 3600, policies: [], keys: named?.map(\.verifyingKey)))
    }

    private func jobs(_ revision: UInt64, by key: SigningKey, _ world: World) throws -> [UInt8] {
        try KeyRing([key]).seal(
            JobSet(
                fleet: World.fleet, host: World.hostID, revision: revision, issuedAt: world.time.now(),
                expiresAt: world.time.now() + 3600, jobs: []))
    }

    private func refusals(_ world: World) -> [String] { world.refusals.withLock { $0.map(\.what) } }

    @Test func aHostFollowsFromOneKeyToTheNextAndStaysThere() async throws {
        let world = try await World()
        let (old, new) = (world.key, try SigningKey.generate())
        let first = try await Life(world)
        await first.runner.receive(envelope: try jobs(1, by: new, world))
        #expect(refusals(world) == ["no-key"])
        // It was away when the change began: whoever trusts the old key alone believes what both have signed.
        await first.runner.receive(desired: try state(1, by: [old, new], naming: [old, new], world))
        await first.runner.receive(envelope: try jobs(1, by: old, world))
        await first.runner.receive(envelope: try jobs(2, by: new, world))
        #expect(await first.runner.keys == [old, new].map(\.verifyingKey))
        #expect(await first.runner.revision == 2)
        try await first.stop()

        let second = try await Life(world)
        #expect(await second.runner.keys == [old, new].map(\.verifyingKey))
        await second.runner.receive(desired: try state(2, by: [new], naming: [new], world))
        await second.runner.receive(envelope: try jobs(3, by: old, world))
        #expect(await second.runner.revision == 2)
        #expect(refusals(world) == ["no-key", "no-key"])
        try await second.stop()

        let third = try await Life(world)
        #expect(await third.runner.keys == [new.verifyingKey])
        await third.runner.receive(envelope: try jobs(3, by: new, world))
        #expect(await third.runner.revision == 3)
        // A state that says nothing of keys, as one of an earlier controller, leaves them as they are.
        await third.runner.receive(desired: try state(3, by: [new], naming: nil, world))
        #expect(await third.runner.desiredRevision == 3)
        #expect(await third.runner.keys == [new.verifyingKey])
        try await third.stop()
    }

    @Test func aChangedConfigurationCountsAgain() async throws {
        let world = try await World()
        let (new, other) = (try SigningKey.generate(), try SigningKey.generate())
        let first = try await Life(world)
        await first.runner.receive(desired: try state(1, by: [world.key], naming: [new], world))
        #expect(await first.runner.keys == [new.verifyingKey])
        try await first.stop()
        let second = try await Life(world, keys: [other.verifyingKey])
        #expect(await second.runner.keys == [other.verifyingKey])
        await second.runner.receive(envelope: try jobs(1, by: new, world))
        #expect(refusals(world) == ["no-key"])
        await second.runner.receive(desired: try state(2, by: [other], naming: [other, new], world))
        #expect(await second.runner.keys == [other, new].map(\.verifyingKey))
        try await second.stop()
    }

    @Test func nobodyIsLockedOut() async throws {
        let world = try await World()
        let life = try await Life(world)
        await life.runner.receive(desired: try state(1, by: [world.key], naming: [], world))
        var broken = try #require(
            try FleetJSON.value(
                DesiredState(
                    fleet: World.fleet, host: World.hostID, revision: 1, issuedAt: world.time.now(),
                    expiresAt: world.time.now() + 3600, policies: [])
            ).members)
        for keys in [JSONValue.array([.string("AAAA")]), .string(world.key.verifyingKey.description), .object([:])] {
            broken["keys"] = keys
            await life.runner.receive(
                desired: try Envelope(
                    signing: [UInt8](FleetJSON.encode(JSONValue.object(broken))), type: DesiredState.payloadType,
                    with: [world.key]
                ).json())
        }
        #expect(refusals(world) == Array(repeating: "malformed", count: 4))
        #expect(await life.runner.desiredRevision == 0)
        #expect(await life.runner.keys == [world.key.verifyingKey])
        try await life.stop()
    }
}

extension JSONValue {
    fileprivate var members: [String: JSONValue]? {
        if case .object(let members) = self { members } else { nil }
    }
}
