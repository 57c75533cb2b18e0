import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Hypervisor
@testable import Provisioning
import Signing
import Testing

/// What reaches `down/<host>/jobs` and must change nothing.
@Suite struct EnvelopeTests {
    @Test func aTamperedSetIsRefused() async throws {
        let world = try await World()
        let envelope = try world.envelope([world.clone()])
        var document = try FleetJSON.decode(Envelope.self, from: Data(envelope))
        let payload = try #require(Data(base64Encoded: document.payload))
        let changed = String(decoding: payload, as: UTF8.self).replacing("office", with: "evil01")
        document.payload = Data(changed.utf8).base64EncodedString()
        try await expectRefused(try document.json(), "bad-signature", world)
    }

    @Test func aSetSignedByAnotherKeyIsRefused() async throws {
        let world = try await World()
        let other = try await World()
        try await expectRefused(try other.envelope([world.clone()]), "no-key", world)
    }

    @Test func anExpiredSetIsRefused() async throws {
        let world = try await World()
        try await expectRefused(try world.envelope([world.clone()], expiresIn: -1), "expired", world)
    }

    @Test(arguments: ["", "{}", "not json", "{\"payload\":1}"]) func garbageIsRefused(_ text: String) async throws {
        try await expectRefused(Array(text.utf8), "malformed", try await World())
    }

    @Test func tenMegabytesAreRefused() async throws {
        try await expectRefused([UInt8](repeating: 0x20, count: 10 << 20), "too-large", try await World())
    }

    @Test func aReplayedSetIsRefusedAlsoAfterARestart() async throws {
        let world = try await World()
        let job = try world.clone()
        let old = try world.envelope([job])
        let newer = try world.envelope([])
        let life = try await Life(world)
        await life.runner.receive(envelope: newer)
        await life.runner.receive(envelope: old)
        #expect(world.refusals.withLock { $0.map(\.what) } == ["stale-revision"])
        try await life.stop()

        let next = try await Life(world)
        #expect(await next.runner.revision == 2)
        await next.runner.receive(envelope: old)
        #expect(world.refusals.withLock { $0.map(\.what) } == ["stale-revision", "stale-revision"])
        // The retained message arrives at every connection; that is no attack.
        await next.runner.receive(envelope: newer)
        #expect(world.refusals.withLock { $0.count } == 2)
        try await next.stop()
        #expect(try await next.journal.jobs() == [])
    }

    /// The broker may have kept it for days: what it says of the time is that it is not earlier.
    @Test func aKeptSetTellsNoTime() async throws {
        let world = try await World()
        let life = try await Life(world, synchronised: false)
        #expect(await life.runner.wantsTime)
        await life.runner.receive(envelope: try world.envelope([]), retained: true)
        #expect(await life.runner.revision == 1)
        #expect(await life.runner.wantsTime)
        await life.runner.receive(envelope: try world.envelope([]))
        #expect(await !life.runner.wantsTime)
        try await life.stop()
        let next = try await Life(world, synchronised: false)
        #expect(await !next.runner.wantsTime)
        try await next.stop()
    }

    private func expectRefused(_ envelope: [UInt8], _ word: String, _ world: World) async throws {
        let life = try await Life(world)
        await life.runner.receive(envelope: envelope)
        try await life.stop()
        #expect(world.refusals.withLock { $0.map(\.what) } == [word])
        #expect(try await life.journal.jobs() == [])
        #expect(await life.runner.revision == 0)
    }
}
