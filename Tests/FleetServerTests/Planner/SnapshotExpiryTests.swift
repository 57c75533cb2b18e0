import FleetModel
import FleetRuntime
import FleetTestSupport
import FoundationEssentials
import Testing

@testable import FleetServer

/// Snapshots that their policy has let expire.
@Suite struct SnapshotExpiryTests {
    private static let old = JobID("01ARZ3NDEKTSV4RRFFQ69G5F01")!

    @Test func whatHasExpiredIsGivenUpOnceADayUntilItIsGone() async throws {
        let fixture = try APIFixture()
        let host = try await fixture.addHost("ada")
        let expiry = SnapshotExpiry(store: fixture.store, time: fixture.time, logger: quiet)
        try await describe(fixture, host, expiresIn: 3600)
        await expiry.sweep()
        #expect(try await jobs(fixture) == [])
        fixture.time.advance(by: .seconds(3601))
        for _ in 0..<3 { await expiry.sweep() }
        let planned = try await jobs(fixture)
        #expect(planned.map(\.kind) == ["snapshot.delete"] && planned.first?.host == host)
        #expect(
            try planned.map(\.arguments)
                == [FleetJSON.value(SnapshotArguments(vm: APIFixture.vm, snapshot: Self.old))])
        // The host was away all day, and the job has expired; or it has failed.
        fixture.time.advance(by: .seconds(86_400))
        await expiry.sweep()
        #expect(try await jobs(fixture).count == 2)
        try await fixture.describe(host, [:], vms: [vm([])])
        fixture.time.advance(by: .seconds(86_400))
        await expiry.sweep()
        #expect(try await jobs(fixture).count == 2)
    }

    @Test func whatIsPinnedOrHasNoExpiryStays() async throws {
        let fixture = try APIFixture()
        let host = try await fixture.addHost("ada")
        let expiry = SnapshotExpiry(store: fixture.store, time: fixture.time, logger: quiet)
        try await describe(fixture, host, expiresIn: -1, pinned: true)
        await expiry.sweep()
        try await describe(fixture, host, expiresIn: nil)
        await expiry.sweep()
        #expect(try await jobs(fixture) == [])
    }

    // Helpers

    private func describe(_ fixture: APIFixture, _ host: HostID, expiresIn: Double?, pinned: Bool = false) async throws
    {
        let now = fixture.time.now()
        let snapshot = VMSnapshot(
            id: Self.old, name: ResourceName("before-2")!, createdAt: now, consistency: .off,
            policy: ResourceName("update"), expiresAt: expiresIn.map { now + $0 }, pinned: pinned, sizeBytes: 1)
        try await fixture.describe(host, [:], vms: [vm([snapshot])])
    }

    private func vm(_ snapshots: [VMSnapshot]) -> VMDocument {
        VMDocument(
            id: APIFixture.vm, name: "office", state: .running, memoryBytes: 1 << 30, vcpus: 1, persistent: true,
            autostart: false, snapshots: snapshots)
    }

    private func jobs(_ fixture: APIFixture) async throws -> [JobResource] {
        try await fixture.store.jobs(after: nil, limit: 100).items
    }
}
